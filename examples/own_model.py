"""A model of your own for `own_model.yaml`: any function `build(hp)` that KerasTuner takes, as it is."""

import keras


def build(hp):
    """Images (8, 8) of digits: dense layers or convolutions, and what each of them needs."""
    inputs = keras.Input((8, 8))
    kind = hp.Choice("kind", ["dense", "convolutions"])
    if kind == "dense":
        with hp.conditional_scope("kind", ["dense"]):
            x = keras.layers.Flatten()(inputs)
            for i in range(hp.Int("layers", 1, 3)):
                x = keras.layers.Dense(hp.Int(f"units_{i}", 16, 128, step=16), activation="relu")(x)
    else:
        with hp.conditional_scope("kind", ["convolutions"]):
            x = keras.layers.Reshape((8, 8, 1))(inputs)
            for i in range(hp.Int("blocks", 1, 2)):
                x = keras.layers.Conv2D(hp.Choice(f"filters_{i}", [8, 16, 32]), 3, padding="same", activation="relu")(x)
            x = keras.layers.GlobalAveragePooling2D()(x)
    if hp.Boolean("dropout"):
        x = keras.layers.Dropout(hp.Float("rate", 0.1, 0.5, step=0.1))(x)
    model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(x))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
