"""Records what the reference implementations compute, for the tests of models/ (run by hand; see README.md).

Tiny networks of the same architectures with random weights are exported to ONNX; the reference's own processors and
forward passes run on generated pictures and texts. Everything goes to models/testdata/.
"""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    Dinov2Config,
    DPTConfig,
    DPTForDepthEstimation,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil

OUT = Path(__file__).resolve().parents[2] / "models" / "testdata"
# Every 499th value of the network's input is recorded: a prime, so that all columns, rows and channels are met.
STRIDE = 499
TEXTS = ["a photo of a cat", "a real-estate photo of the KITCHEN, bright & airy", "it's 2 bedrooms; café  façade", "a " * 100, ""]


def numbers(values, digits=6):
    return [round(float(v), digits) for v in np.asarray(values).reshape(-1)]


def pictures():
    """Edges, gradients and texture in odd sizes: landscape, portrait, and smaller than the input (enlarged)."""
    for name, (w, h) in {"wide": (341, 223), "tall": (231, 350), "small": (97, 121)}.items():
        y, x = np.mgrid[0:h, 0:w]
        r = x * 255 // w
        g = np.where((x // 11 + y // 7) % 2 == 0, 230, 20)
        b = (x * x // 64 + y * 3) % 256
        picture = Image.fromarray(np.stack([r, g, b], -1).astype(np.uint8))
        picture.save(OUT / f"{name}.png", optimize=True)
        yield name, picture


def export(model, args, name, inputs, outputs, dynamic):
    torch.onnx.export(
        model, args, str(OUT / name), input_names=inputs, output_names=outputs, dynamic_axes=dynamic,
        opset_version=17, dynamo=False,
    )


class Pick(torch.nn.Module):
    """Gives one field of the model's answer, as the hub's exports do."""

    def __init__(self, model, field):
        super().__init__()
        self.model, self.field = model, field

    def forward(self, x):
        return getattr(self.model(x), self.field)


def openclip_pixels(image):
    """open_clip's transform (torchvision Resize, CenterCrop, Normalize) written out: torchvision has no build here."""
    w, h = image.size
    size = (224, int(224 * h / w)) if w <= h else (int(224 * w / h), 224)
    image = image.resize(size, Image.BICUBIC)
    left, top = int(round((image.width - 224) / 2.0)), int(round((image.height - 224) / 2.0))
    values = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32) / 255
    mean, std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    values = (values - np.float32(mean)) / np.float32(std)
    return torch.from_numpy(values.transpose(2, 0, 1)[None])


def clip_vision(images, activation, kind):
    torch.manual_seed(1)
    config = CLIPVisionConfig(
        hidden_size=8, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=224,
        patch_size=32, projection_dim=512, hidden_act=activation, initializer_factor=8.0, attn_implementation="eager",
    )
    model = Pick(CLIPVisionModelWithProjection(config).eval(), "image_embeds")
    processor = CLIPImageProcessorPil()
    name = f"clip_vision_{kind}.onnx"
    io = ("image", "embedding") if kind == "openclip" else ("pixel_values", "image_embeds")
    export(model, (torch.zeros(1, 3, 224, 224),), name, [io[0]], [io[1]], {io[0]: {0: "batch"}, io[1]: {0: "batch"}})
    for picture, image in images:
        pixels = openclip_pixels(image) if kind == "openclip" else processor(image, return_tensors="pt")["pixel_values"]
        with torch.no_grad():
            embedding = torch.nn.functional.normalize(model(pixels), dim=-1)
        yield {"picture": picture, "input": numbers(pixels.numpy().reshape(-1)[::STRIDE]), "embedding": numbers(embedding)}


def clip_text(tokens):
    torch.manual_seed(2)
    config = CLIPTextConfig(
        vocab_size=49408, hidden_size=4, intermediate_size=8, num_hidden_layers=2, num_attention_heads=2,
        projection_dim=512, hidden_act="quick_gelu", initializer_factor=8.0, attn_implementation="eager",
    )
    model = Pick(CLIPTextModelWithProjection(config).eval(), "text_embeds")
    export(
        model, (torch.tensor([tokens[0]]),), "clip_text.onnx", ["input_ids"], ["text_embeds"],
        {"input_ids": {0: "batch", 1: "length"}, "text_embeds": {0: "batch"}},
    )
    for ids in tokens:
        with torch.no_grad():
            yield numbers(torch.nn.functional.normalize(model(torch.tensor([ids])), dim=-1))


def depth(images, model, processor, name):
    """Tracing fixes the sizes of Depth Anything: its depth is recorded where the input has the traced size."""
    pick = Pick(model.eval(), "predicted_depth")
    first = processor(images[0][1], return_tensors="pt")["pixel_values"]
    axes = {0: "batch", 2: "height", 3: "width"}
    export(pick, (first,), name, ["pixel_values"], ["predicted_depth"],
           {"pixel_values": axes, "predicted_depth": {0: "batch", 1: "height", 2: "width"}})
    for picture, image in images:
        pixels = processor(image, return_tensors="pt")["pixel_values"]
        with torch.no_grad():
            answer = pick(pixels)[0].numpy()
        if name == "depth_anything.onnx" and pixels.shape != first.shape:
            answer = np.zeros((0, 0))
        yield {
            "picture": picture, "inputShape": list(pixels.shape), "input": numbers(pixels.numpy().reshape(-1)[::STRIDE]),
            "depthShape": list(answer.shape), "depth": numbers(answer.reshape(-1)[::STRIDE]),
        }


def dpt_model():
    torch.manual_seed(3)
    return DPTForDepthEstimation(DPTConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=4, num_attention_heads=2, image_size=384, patch_size=16,
        backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[4, 4, 8, 8], fusion_hidden_size=4, initializer_range=0.3,
        is_hybrid=False, attn_implementation="eager",
    ))


def depth_anything_model():
    torch.manual_seed(4)
    backbone = Dinov2Config(
        hidden_size=12, num_hidden_layers=4, num_attention_heads=2, image_size=518, patch_size=14, mlp_ratio=2,
        out_features=["stage1", "stage2", "stage3", "stage4"], reshape_hidden_states=False, initializer_range=0.3,
        attn_implementation="eager",
    )
    return DepthAnythingForDepthEstimation(DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=12, patch_size=14, neck_hidden_sizes=[4, 4, 8, 8],
        fusion_hidden_size=4, head_hidden_size=4, initializer_range=0.3,
    ))


def tokens_of(vocabulary):
    """OpenAI's tokenizer through transformers' slow algorithm is not installed here: open_clip's file is loaded alone."""
    import importlib.util

    root = next(Path(p) for p in sys.path if (Path(p) / "open_clip" / "tokenizer.py").exists()) / "open_clip"
    spec = importlib.util.spec_from_file_location("open_clip_tokenizer", root / "tokenizer.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tokenizer = module.SimpleTokenizer(bpe_path=str(vocabulary))
    for row in tokenizer(TEXTS).tolist():
        yield row[: row.index(49407) + 1]


def main():
    vocabulary = Path(sys.argv[1])
    assert gzip.open(vocabulary).readline()
    OUT.mkdir(exist_ok=True)
    images = list(pictures())
    tokens = list(tokens_of(vocabulary))
    anything = DPTImageProcessorPil(
        size={"height": 518, "width": 518}, keep_aspect_ratio=True, ensure_multiple_of=14, resample=3,
        image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225],
    )
    half = [0.5, 0.5, 0.5]
    dpt = DPTImageProcessorPil(size={"height": 384, "width": 384}, resample=3, image_mean=half, image_std=half)
    record = {
        "stride": STRIDE,
        "clipVision": {
            "openclip": list(clip_vision(images, "gelu", "openclip")),
            "openai": list(clip_vision(images, "quick_gelu", "openai")),
        },
        "clipText": [
            {"text": t, "tokens": i, "embedding": e} for t, i, e in zip(TEXTS, tokens, clip_text(tokens))
        ],
        "dpt": list(depth(images, dpt_model(), dpt, "dpt.onnx")),
        "depthAnything": list(depth(images, depth_anything_model(), anything, "depth_anything.onnx")),
    }
    (OUT / "reference.json").write_text(json.dumps(record, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
