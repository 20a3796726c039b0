#include "inference/prompt_reader.h"

namespace fairway::inference {
namespace {

using json::Cursor;
using json::Kind;

// What a content part that is no text stands for: a picture, a sound, a file. Its bytes say nothing
// of its tokens; those of a tool's call or result do.
bool IsMedium(std::string_view type) {
  return !type.starts_with("tool") && !type.ends_with("thinking");
}

}  // namespace

void PromptReader::Reset() {
  tools_ = {};
  system_.clear();
  bytes_ = text_bytes_ = tokens_ = 0;
  into_ = &pieces_;
  pieces_.resize(1);
}

void PromptReader::ForgetPrompt() {
  if (pieces_.size() == 1) return;
  pieces_.resize(1);
  bytes_ = text_bytes_ = tokens_ = 0;
  for (const PromptPiece& piece : system_) {
    bytes_ += piece.raw.size();
    text_bytes_ += piece.raw.size();
  }
}

void PromptReader::ReadMessages(Cursor& at) {
  ForgetPrompt();
  if (at.kind() != Kind::kArray) {
    at.Skip();
    return;
  }
  for (at.EnterArray(); at.NextElement();) ReadMessage(at);
}

void PromptReader::ReadMessage(Cursor& at) {
  if (at.kind() != Kind::kObject) {
    at.Skip();
    return;
  }
  std::string_view key;
  for (at.EnterObject(); at.NextMember(key);) {
    if (key == "content" || key == "output") {
      ReadText(at);
    } else if (key == "role" && at.kind() == Kind::kString) {
      AddText(PieceKind::kRole, at.String());
    } else if (key == "tool_calls" || key == "arguments") {
      AddText(PieceKind::kJson, at.Skip());
    } else {
      at.Skip();
    }
  }
}

void PromptReader::ReadText(Cursor& at) {
  if (at.kind() == Kind::kString) {
    AddText(PieceKind::kText, at.String());
  } else if (at.kind() == Kind::kObject) {
    ReadPart(at);
  } else if (at.kind() == Kind::kArray) {
    for (at.EnterArray(); at.NextElement();) {
      if (at.kind() == Kind::kArray) {
        at.Skip();  // no API nests them
      } else {
        ReadText(at);
      }
    }
  } else {
    at.Skip();
  }
}

void PromptReader::ReadPart(Cursor& at) {
  Cursor inside = at;
  const std::string_view whole = at.Skip();
  if (at.failed()) return;
  std::string_view text;
  std::string_view type;
  bool has_text = false;
  std::string_view key;
  for (inside.EnterObject(); inside.NextMember(key);) {
    if (key == "text" && inside.kind() == Kind::kString) {
      text = inside.String();
      has_text = true;
    } else if (key == "type" && inside.kind() == Kind::kString) {
      type = inside.String();
    } else {
      inside.Skip();
    }
  }
  if (has_text) {
    AddText(PieceKind::kText, text);
  } else if (IsMedium(type)) {
    Add(PieceKind::kJson, whole, kTokensPerMedium);
  } else {
    AddText(PieceKind::kJson, whole);
  }
}

void PromptReader::ReadPrompt(Cursor& at) {
  ForgetPrompt();
  if (at.kind() == Kind::kString) {
    AddText(PieceKind::kText, at.String());
    return;
  }
  if (at.kind() != Kind::kArray) {
    at.Skip();
    return;
  }
  Cursor first = at;
  first.EnterArray();
  if (first.NextElement() && first.kind() == Kind::kNumber) {
    ReadTokenIds(at);
    return;
  }
  for (at.EnterArray(); at.NextElement();) {
    if (at.kind() == Kind::kArray) {
      ReadTokenIds(at);
    } else {
      ReadText(at);
    }
  }
}

void PromptReader::ReadSystem(Cursor& at) {
  into_ = &system_;
  ReadText(at);
  into_ = &pieces_;
}

void PromptReader::ReadTools(Cursor& at) {
  const bool list = at.kind() == Kind::kArray;
  const std::string_view raw = at.Skip();
  tools_ = list ? raw : std::string_view();
}

void PromptReader::ReadTokenIds(Cursor& at) {
  const uint32_t before = at.token();
  const std::string_view raw = at.Skip();
  if (at.failed()) return;
  // A flat array of m numbers is 2m + 1 tokens: m numbers, m - 1 commas, two brackets.
  Add(PieceKind::kTokenIds, raw, (at.token() - before - 1) / 2);
}

void PromptReader::AddText(PieceKind kind, std::string_view raw) {
  text_bytes_ += raw.size();
  Add(kind, raw, 0);
}

void PromptReader::Add(PieceKind kind, std::string_view raw, uint64_t tokens) {
  bytes_ += raw.size();
  tokens_ += tokens;
  if (into_->size() <= kMaxPieces) into_->push_back({kind, raw});
}

void PromptReader::Finish(ParsedRequest& request) {
  if (!system_.empty()) pieces_.insert(pieces_.begin() + 1, system_.begin(), system_.end());
  if (pieces_.size() > kMaxPieces + 1) pieces_.resize(kMaxPieces + 1);
  request.prompt = pieces_;
  if (tools_.empty()) {
    request.prompt = request.prompt.subspan(1);
  } else {
    pieces_[0] = {PieceKind::kJson, tools_};
  }
  request.prompt_bytes = bytes_ + tools_.size();
  request.estimated_prompt_tokens = (text_bytes_ + tools_.size()) / kBytesPerToken + tokens_;
}

}  // namespace fairway::inference
