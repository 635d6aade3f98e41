"""Programs as KerasTuner's guides have them: what a user brings along."""

import keras
import keras_tuner
import numpy as np
import tensorflow as tf


def build_mlp(hp):
    """A loop of layers, a conditional scope, and an optimizer of its own (Getting started with KerasTuner)."""
    model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten()])
    for i in range(hp.Int("num_layers", 1, 3)):
        model.add(
            keras.layers.Dense(
                units=hp.Int(f"units_{i}", min_value=8, max_value=32, step=8),
                activation=hp.Choice("activation", ["relu", "tanh"]),
            )
        )
    if hp.Boolean("dropout"):
        with hp.conditional_scope("dropout", [True]):
            model.add(keras.layers.Dropout(rate=hp.Float("rate", 0.1, 0.5, step=0.1)))
    model.add(keras.layers.Dense(10, activation="softmax"))
    learning_rate = hp.Float("lr", min_value=1e-4, max_value=1e-2, sampling="log")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def build_cnn(hp):
    """Convolutions, in one of two forms, each with parameters of its own."""
    inputs = keras.Input((8, 8))
    x = keras.layers.Reshape((8, 8, 1))(inputs)
    kind = hp.Choice("model_type", ["mlp", "cnn"])
    with hp.conditional_scope("model_type", ["mlp"]):
        if kind == "mlp":
            x = keras.layers.Dense(hp.Int("mlp_units", 8, 32), activation="relu")(keras.layers.Flatten()(x))
    with hp.conditional_scope("model_type", ["cnn"]):
        if kind == "cnn":
            for i in range(hp.Int("blocks", 1, 2)):
                x = keras.layers.Conv2D(hp.Choice(f"filters_{i}", [4, 8]), 3, padding="same", activation="relu")(x)
                x = keras.layers.MaxPooling2D()(x)
            x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(10, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=hp.Choice("optimizer", ["adam", "sgd"]),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


class OwnFit(keras_tuner.HyperModel):
    """Tunes what is given to `fit` (Getting started with KerasTuner: Tune model training)."""

    def build(self, hp):
        model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten()])
        model.add(keras.layers.Dense(units=hp.Int("units", 8, 32, step=8), activation="relu"))
        model.add(keras.layers.Dense(10, activation="softmax"))
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(
            *args,
            batch_size=hp.Choice("batch_size", [16, 64]),
            shuffle=hp.Boolean("shuffle"),
            **kwargs,
        )


class OwnLoop(keras_tuner.HyperModel):
    """A training loop of its own, which calls the callbacks and returns a metric (Custom training loop)."""

    epochs = 3

    def build(self, hp):
        inputs = keras.Input(shape=(8, 8))
        x = keras.layers.Flatten()(inputs)
        x = keras.layers.Dense(units=hp.Choice("units", [8, 16]), activation="relu")(x)
        return keras.Model(inputs=inputs, outputs=keras.layers.Dense(10)(x))

    def fit(self, hp, model, x, y, validation_data, callbacks=None, **kwargs):
        batch_size = hp.Int("batch_size", 32, 128, step=32, default=64)
        train_ds = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size)
        validation_ds = tf.data.Dataset.from_tensor_slices(validation_data).batch(batch_size)
        optimizer = keras.optimizers.Adam(hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3))
        loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        epoch_loss = keras.metrics.Mean()

        @tf.function
        def train_step(rows, labels):
            with tf.GradientTape() as tape:
                loss = loss_fn(labels, model(rows))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

        for callback in callbacks:
            callback.set_model(model)
        best = float("inf")
        for epoch in range(self.epochs):
            for rows, labels in train_ds:
                train_step(rows, labels)
            for rows, labels in validation_ds:
                epoch_loss.update_state(loss_fn(labels, model(rows)))
            value = float(epoch_loss.result().numpy())
            for callback in callbacks:
                callback.on_epoch_end(epoch, logs={"my_metric": value})
            epoch_loss.reset_state()
            best = min(best, value)
        return best


class DeafLoop(OwnLoop):
    """A loop that never ends by itself, and heeds no `stop_training`."""

    epochs = 1000


class SilentLoop(keras_tuner.HyperModel):
    """Calls no callback, and returns metrics."""

    def build(self, hp):
        return OwnLoop.build(self, hp)

    def fit(self, hp, model, x, y, validation_data, **kwargs):
        return {"my_metric": float(np.mean(model.predict(validation_data[0], verbose=0) ** 2)), "other": 1.0}


def build_two_inputs(hp):
    """Two inputs by name."""
    image, number = keras.Input((8, 8), name="image"), keras.Input((1,), name="number")
    x = keras.layers.Concatenate()([keras.layers.Flatten()(image), number])
    x = keras.layers.Dense(hp.Int("units", 8, 16), activation="relu")(x)
    model = keras.Model({"image": image, "number": number}, keras.layers.Dense(10, activation="softmax")(x))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def build_plain(config, signature):
    """A plain function; the study file says what varies, and how it is trained."""
    model = keras.Sequential([keras.Input(signature.input_shape), keras.layers.Flatten()])
    model.add(keras.layers.Dense(config["units"], activation=config["activation"]))
    model.add(keras.layers.Dense(signature.n_outputs, activation="softmax"))
    return model


def build_grown(hp):
    """Asks for a parameter that few configurations show."""
    units = hp.Int("units", 8, 32)
    return build_mlp_of(hp, units)


def build_mlp_of(hp, units):
    model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(units, activation="relu"))
    if units == 17:
        model.add(keras.layers.Dense(hp.Int("rare", 4, 8)))
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Cropped(keras_tuner.HyperModel):
    """Prepares rows in its `fit`, which the model then takes in no other form (Tune data preprocessing)."""

    def build(self, hp):
        size = hp.Int("size", 4, 6)
        inputs = keras.Input((size, size))
        outputs = keras.layers.Dense(10, activation="softmax")(keras.layers.Flatten()(inputs))
        model = keras.Model(inputs, outputs)
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    def fit(self, hp, model, x, y, validation_data=None, **kwargs):
        size = hp.get("size")
        if hp.Boolean("normalize"):
            x = keras.layers.Normalization()(x)
        if validation_data:
            rows, labels = validation_data
            validation_data = (rows[:, :size, :size], labels)
        return model.fit(x[:, :size, :size], y, validation_data=validation_data, **kwargs)


class Judged(keras_tuner.HyperModel):
    """Trains without validation rows, and returns one number (Custom metric as the objective)."""

    def build(self, hp):
        return OwnFit.build(self, hp)

    def fit(self, hp, model, x, y, validation_data, **kwargs):
        model.fit(x, y, **kwargs)
        rows, labels = validation_data
        return np.mean(model.predict(rows, verbose=0).argmax(axis=1) != labels)


def build_limited(hp):
    """Refuses what is too large (Handling failed trials)."""
    model = build_mlp_of(hp, hp.Int("units", 8, 32))
    if model.count_params() > 900:
        raise keras_tuner.errors.FailedTrialError(f"Model too large! It contains {model.count_params()} params.")
    return model
