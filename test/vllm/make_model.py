#!/usr/bin/env python3
"""Makes what the real-vLLM tests serve: `make_model.py OUT`.

OUT/base is a LLaMA of two layers with random weights (about half a million parameters) and a tokenizer
trained here; OUT/lora-a and OUT/lora-b are two adapters of it. Nothing is downloaded. The seed is fixed,
so greedy answers are the same on every server, though they mean nothing.
"""

import json
import os
import pathlib
import sys

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

VOCAB = 2048
CONTEXT = 4096
HIDDEN = 64
LAYERS = 2
HEADS = 4
KV_HEADS = 2
HEAD_DIM = 32  # the CPU attention kernel takes multiples of 32 only
MLP = 128
LORA_RANK = 8
END, START_TURN, END_TURN = "<|endoftext|>", "<|turn|>", "<|end|>"

CHAT_TEMPLATE = (
    "{% for m in messages %}"
    + START_TURN
    + "{{ m['role'] + '\\n' + m['content'] }}"
    + END_TURN
    + "{{ '\\n' }}{% endfor %}"
    + "{% if add_generation_prompt %}"
    + START_TURN
    + "{{ 'assistant\\n' }}{% endif %}"
)


def write_json(path: pathlib.Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


def make_tokenizer(out: pathlib.Path) -> None:
    """Byte-level BPE, trained on the text of Python's own library: every machine has it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    corpus = sorted(pathlib.Path(os.__file__).parent.glob("[a-h]*.py"))[:60]
    tokenizer.train(
        [str(f) for f in corpus],
        trainers.BpeTrainer(
            vocab_size=VOCAB,
            special_tokens=[END, START_TURN, END_TURN],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    if tokenizer.get_vocab_size() != VOCAB:
        sys.exit(f"tokenizer has {tokenizer.get_vocab_size()} entries, the model has {VOCAB}")
    tokenizer.save(str(out / "tokenizer.json"))
    write_json(
        out / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": CONTEXT,
            "clean_up_tokenization_spaces": False,
            "eos_token": END_TURN,
            "pad_token": END,
            "chat_template": CHAT_TEMPLATE,
        },
    )


def make_base(out: pathlib.Path, random: torch.Generator) -> None:
    out.mkdir(parents=True)
    make_tokenizer(out)
    special_ids = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 0}
    write_json(out / "generation_config.json", special_ids)
    write_json(
        out / "config.json",
        {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "torch_dtype": "bfloat16",
            "vocab_size": VOCAB,
            "max_position_embeddings": CONTEXT,
            "hidden_size": HIDDEN,
            "hidden_act": "silu",
            "intermediate_size": MLP,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "num_key_value_heads": KV_HEADS,
            "head_dim": HEAD_DIM,
            "rms_norm_eps": 1e-5,
            "rope_theta": 10000.0,
            "tie_word_embeddings": False,
            **special_ids,
        },
    )

    def noise(rows: int, columns: int, deviation: float = 0.2) -> torch.Tensor:
        values = torch.randn(rows, columns, generator=random) * deviation
        return values.to(torch.bfloat16)

    ones = torch.ones(HIDDEN, dtype=torch.bfloat16)
    weights = {
        "model.embed_tokens.weight": noise(VOCAB, HIDDEN, 1.0),
        "lm_head.weight": noise(VOCAB, HIDDEN, 0.5),
        "model.norm.weight": ones.clone(),
    }
    shapes = {
        "self_attn.q_proj": (HEADS * HEAD_DIM, HIDDEN),
        "self_attn.k_proj": (KV_HEADS * HEAD_DIM, HIDDEN),
        "self_attn.v_proj": (KV_HEADS * HEAD_DIM, HIDDEN),
        "self_attn.o_proj": (HIDDEN, HEADS * HEAD_DIM),
        "mlp.gate_proj": (MLP, HIDDEN),
        "mlp.up_proj": (MLP, HIDDEN),
        "mlp.down_proj": (HIDDEN, MLP),
    }
    for layer in range(LAYERS):
        for name, shape in shapes.items():
            weights[f"model.layers.{layer}.{name}.weight"] = noise(*shape)
        for norm in ("input_layernorm", "post_attention_layernorm"):
            weights[f"model.layers.{layer}.{norm}.weight"] = ones.clone()
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})


def make_adapter(out: pathlib.Path, random: torch.Generator) -> None:
    out.mkdir(parents=True)
    weights = {}
    for layer in range(LAYERS):
        for name, rows in (("q_proj", HEADS * HEAD_DIM), ("v_proj", KV_HEADS * HEAD_DIM)):
            stem = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            for part, shape in (("A", (LORA_RANK, HIDDEN)), ("B", (rows, LORA_RANK))):
                values = torch.randn(*shape, generator=random) * 0.2
                weights[f"{stem}.lora_{part}.weight"] = values.to(torch.bfloat16)
    save_file(weights, out / "adapter_model.safetensors", metadata={"format": "pt"})
    write_json(
        out / "adapter_config.json",
        {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": "tiny",
            "target_modules": ["q_proj", "v_proj"],
            "r": LORA_RANK,
            "lora_alpha": 2 * LORA_RANK,
            "lora_dropout": 0.0,
            "bias": "none",
        },
    )


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    random = torch.Generator().manual_seed(20)
    make_base(out / "base", random)
    for adapter in ("lora-a", "lora-b"):
        make_adapter(out / adapter, random)
    print(f"vllm: made the tiny model in {out}")


if __name__ == "__main__":
    main()
