"""Writes the small real files of this folder, by the libraries that people write such files with:
pip install numpy==2.4.6 pillow==13.0.0 safetensors==0.8.0 && python make-originals.py"""

import json

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

SIDE = 24
y, x = np.mgrid[0:SIDE, 0:SIDE]
rgb = np.stack([10 * x, 10 * y, 5 * (x + y)], axis=-1).clip(0, 255).astype(np.uint8)
picture = Image.fromarray(rgb)
alpha = Image.fromarray(np.dstack([rgb, (255 - 10 * x).clip(0, 255).astype(np.uint8)]))

picture.save("rgb.png")
alpha.save("rgba.png")
picture.convert("L").save("grey.png")
alpha.convert("LA").save("grey-alpha.png")
picture.convert("1").save("one-bit.png")
picture.quantize(16).save("palette.png")
picture.quantize(16).save("palette-transparent.png", transparency=0)
Image.fromarray((257 * rgb[..., 0].astype(np.uint16))).save("grey-16.png")
picture.save("baseline.jpg", quality=90)
picture.save("full-chroma.jpg", quality=95, subsampling=0)
picture.save("progressive.jpg", quality=90, progressive=True)
picture.convert("L").save("grey.jpg", quality=90)
picture.convert("CMYK").save("cmyk.jpg", quality=95)
picture.save("restart.jpg", quality=90, restart_marker_rows=1)
exif = Image.Exif()
exif[0x0112] = 6  # to be turned by 90 degrees
picture.save("exif-turned.jpg", quality=90, exif=exif)
picture.save("animation.gif", save_all=True, append_images=[picture.rotate(90)])
picture.save("picture.webp", lossless=True)
picture.save("picture.bmp")
picture.save("picture.tiff")

numbers = np.random.default_rng(1).normal(size=(6, 5))
np.save("float32.npy", numbers.astype(np.float32))
np.save("float64.npy", numbers)
np.save("float16.npy", numbers.astype(np.float16))
np.save("big-endian.npy", numbers.astype(">f4"))
np.save("fortran.npy", np.asfortranarray(numbers.astype(np.float32)))
np.save("weights.npy", np.abs(numbers[:, 0]))
save_file(
    {"fc.weight": numbers.astype(np.float32), "fc.bias": numbers[0].astype(np.float32)},
    "model.safetensors",
    {"format": "pt"},
)
save_file(
    {"w": numbers.astype(np.float16), "steps": np.array([7], dtype=np.int64)}, "half.safetensors"
)
# what the decoders must give, over white, in 3 x 3 blocks of 8 x 8 pixels
names = ["rgb.png", "rgba.png", "grey-alpha.png", "palette.png", "palette-transparent.png", "one-bit.png"]
names += ["baseline.jpg", "full-chroma.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "restart.jpg"]
names += ["exif-turned.jpg"]
means = {}
for name in names:
    image = Image.open(name).convert("RGBA")
    image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    pixels = np.asarray(image, dtype=np.float64)
    means[name] = pixels.reshape(3, 8, 3, 8, 3).mean(axis=(1, 3)).round(2).reshape(-1).tolist()
with open("means.json", "w") as file:
    json.dump(means, file, indent=1)
