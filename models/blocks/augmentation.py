"""Random changes to images, in training only. Knows no family; the layers do nothing in prediction."""

import keras

from models.spec.cnn import AugmentationSpec

FILL = "nearest"
"""What stands beyond the edge: the last pixel, because prepared images have no natural zero."""


def augment(x: keras.KerasTensor, config: AugmentationSpec) -> keras.KerasTensor:
    """Images flipped left to right, shifted, turned and zoomed as `config` says; same shape (n, h, w, c).

    shift, zoom: largest change as a fraction of the side; rotation: as a fraction of a full turn; 0 is off.
    """
    if config.flip:
        x = keras.layers.RandomFlip("horizontal", name="flip")(x)
    if config.shift:
        x = keras.layers.RandomTranslation(config.shift, config.shift, fill_mode=FILL, name="shift")(x)
    if config.rotation:
        x = keras.layers.RandomRotation(config.rotation, fill_mode=FILL, name="rotation")(x)
    if config.zoom:
        x = keras.layers.RandomZoom(config.zoom, fill_mode=FILL, name="zoom")(x)
    return x
