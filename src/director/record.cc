#include "director/record.h"

namespace fairway::director {

DecisionRecord& RecordRing::Open(Handle& handle) {
  handle.serial = ++last_;
  DecisionRecord& record = records_[last_ % records_.size()];
  record.serial = last_;
  record.api = inference::Api::kNone;
  record.stream = false;
  record.finished = false;
  record.reason = Reason::kNone;
  record.status = 0;
  record.pick = record.first_byte = record.total = base::Duration(0);
  record.prompt_tokens = record.completion_tokens = record.cached_tokens = 0;
  record.usage_told = false;
  record.attempt_count = 0;
  return record;
}

DecisionRecord* RecordRing::Find(Handle handle) {
  if (handle.serial == 0) return nullptr;
  DecisionRecord& record = records_[handle.serial % records_.size()];
  return record.serial == handle.serial ? &record : nullptr;
}

}  // namespace fairway::director
