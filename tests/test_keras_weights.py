"""Files of Keras: each layout, what comes out of it, and all that is refused."""

import contextlib
import importlib
import io
import json
import subprocess
import sys
import zipfile

import generate
import h5py
import import_keras as script
import jax
import jax.numpy as jnp
import mido
import numpy as np
import pytest
import train

from lstm_music_jax import (
    Dataset,
    NoteNames,
    RunFolder,
    SlidingWindow,
    import_keras,
    load_run,
    read_keras,
    strategies,
    symbols_file,
)
from lstm_music_jax import generate as generate_ids
from lstm_music_jax.keras_files import KerasFileError
from lstm_music_jax.music.pieces import Corpus, Piece
from tests import references
from tests.test_experiments import call

SYMBOLS = ("C4", "E4", "4.9", "G5", "0", "B-3", "2.7")
VOCAB = len(SYMBOLS)
SIZES = (12, 9)
WINDOW = 10

GATES = {
    ("sigmoid", 2): references.sigmoid,
    ("sigmoid", 3): references.sigmoid,
    ("hard_sigmoid", 2): references.hard_sigmoid_keras_2,
    ("hard_sigmoid", 3): references.hard_sigmoid_keras_3,
}
VERSIONS = {2: "2.3.1", 3: "3.15.1"}
# Each layout with the major versions of Keras that write it.
LAYOUTS = [("hdf5", 2), ("list.hdf5", 2), ("h5", 3), ("keras", 2), ("keras", 3)]


def corpus():
    """Symbols whose order by falling count, ties by appearance, is that of SYMBOLS."""
    random = np.random.default_rng(3)
    symbols = [s for k, s in enumerate(SYMBOLS) for _ in range(30 - 2 * (k // 2))]
    random.shuffle(symbols)
    return [*SYMBOLS, *symbols]


def stack(gates="sigmoid", *, activation_layer=True):
    """Return the reference's layers as (class, settings), arrays included."""
    random = np.random.default_rng(1)

    def normal(*shape):
        return random.normal(size=shape).astype(np.float32)

    layers, inputs = [], VOCAB
    for number, size in enumerate(SIZES):
        settings = {
            "units": size,
            "activation": "tanh",
            "recurrent_activation": gates,
            "use_bias": True,
            "return_sequences": number == 0,
            "return_state": False,
            "go_backwards": False,
            "stateful": False,
            "unroll": False,
            "dropout": 0.0,
        }
        arrays = {
            "kernel": 2 * normal(inputs, 4 * size),
            "recurrent_kernel": normal(size, 4 * size),
            "bias": normal(4 * size),
        }
        layers.append(("LSTM", settings, arrays))
        layers.append(("Dropout", {"rate": 0.3}, {}))
        inputs = size
    settings = {"units": VOCAB, "activation": "softmax", "use_bias": True}
    arrays = {"kernel": 2 * normal(inputs, VOCAB), "bias": normal(VOCAB)}
    layers.append(("Dense", settings, arrays))
    if activation_layer:
        settings["activation"] = "linear"
        layers.append(("Activation", {"activation": "softmax"}, {}))
    return layers


def described(layers, version):
    """Give the layers names, and the first one its shape of input."""
    count, entries = {}, []
    for kind, settings, _ in layers:
        # A second model of one session goes on counting.
        count[kind] = count.get(kind, 6) + 1
        settings = {"name": f"{kind.lower()}_{count[kind]}", **settings}
        entries.append({"class_name": kind, "config": settings})
    if entries:
        shape = [None, WINDOW, VOCAB]
        if version == 2:
            first = entries[0]["config"]
            first.setdefault("batch_input_shape", shape)
        else:
            settings = {"name": "input_layer", "batch_shape": shape}
            entries.insert(0, {"class_name": "InputLayer", "config": settings})
    return entries


def write(path, layers, version=2, *, model="Sequential", keras_version=None):
    """Write what Keras would: the layout is that of the name's end."""
    entries = described(layers, version)
    config = {"class_name": model, "config": {"name": "model", "layers": entries}}
    keras_version = keras_version or VERSIONS[version]
    if path.name.endswith("list.hdf5"):
        config["config"] = entries
    if path.suffix == ".keras":
        for entry in entries:
            entry.update(module="keras.layers", registered_name=None)
        weights = io.BytesIO()
        with h5py.File(weights, "w") as file:
            count = {}
            for kind, _, arrays in layers:
                place = kind.lower() + (f"_{count[kind]}" if kind in count else "")
                count[kind] = count.get(kind, 0) + 1
                inside = "cell/vars" if kind == "LSTM" else "vars"
                group = file.create_group(f"layers/{place}/{inside}")
                for number, array in enumerate(arrays.values()):
                    group[str(number)] = array
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "metadata.json", json.dumps({"keras_version": keras_version})
            )
            archive.writestr("config.json", json.dumps(config))
            archive.writestr("model.weights.h5", weights.getvalue())
        return path
    names = [entry["config"]["name"] for entry in entries]
    with h5py.File(path, "w") as file:
        # Keras 2.3 stored bytes, later versions strings.
        text = str.encode if version == 2 else str
        file.attrs["keras_version"] = text(keras_version)
        file.attrs["backend"] = text("tensorflow")
        file.attrs["model_config"] = text(json.dumps(config))
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in names]
        for name, (kind, _, arrays) in zip(names[-len(layers) :], layers, strict=True):
            group, paths = root.create_group(name), []
            for array_name, array in arrays.items():
                prefix = f"{name}/lstm_cell" if kind == "LSTM" else name
                if version == 3:
                    prefix, end = f"sequential/{prefix}", ""
                else:
                    end = ":0"
                paths.append(f"{prefix}/{array_name}{end}".encode())
                group[paths[-1]] = array
            group.attrs["weight_names"] = paths
    return path


def dataset(symbols=None):
    pieces = (Piece("data", tuple(symbols or corpus())),)
    return Dataset.from_corpus(
        Corpus(pieces, (), "data"), NoteNames(), validation=0, start=False
    )


def numpy_forward(layers, windows, gate):
    """Return the logits after each window, from the arrays that went into the file."""
    hidden = np.moveaxis(np.eye(VOCAB)[windows], -2, 0)
    for kind, _, arrays in layers:
        arrays = [np.asarray(array, np.float64) for array in arrays.values()]
        if kind == "LSTM":
            zero = np.zeros((len(windows), len(arrays[1])))
            *_, hidden = references.numpy_lstm(hidden, *arrays, zero, zero, gate)
        elif kind == "Dense":
            return hidden[-1] @ arrays[0] + arrays[1]
    raise AssertionError


def loop(predict, primer, notes):
    """Generate as the original does: argmax, and the window slides by one."""
    symbols = list(primer)
    for _ in range(notes):
        symbols.append(int(np.argmax(predict(np.array([symbols[-WINDOW:]]))[0])))
    return symbols[len(primer) :]


def greedy_notes(run, primer, notes):
    drawn = generate_ids(
        run.model,
        jnp.asarray([primer], jnp.int32),
        jax.random.key(0),
        length=notes,
        strategy=strategies.greedy(),
        context=SlidingWindow(run.settings["training"].window),
    )
    return np.asarray(drawn.tokens)[0].tolist()


def imported(path, folder):
    import_keras(folder, read_keras(path), dataset())
    return load_run(folder)


def random_windows(count):
    return np.random.default_rng(5).integers(0, VOCAB, (count, WINDOW))


@pytest.mark.parametrize("gates", ["sigmoid", "hard_sigmoid"])
@pytest.mark.parametrize(("layout", "version"), LAYOUTS)
def test_the_run_is_the_model_of_the_file(layout, version, gates, tmp_path):
    layers = stack(gates, activation_layer=version == 2)
    path = write(tmp_path / f"model.{layout}", layers, version)
    run = imported(path, tmp_path / "run")
    gate = GATES[gates, version]
    windows = random_windows(6)
    wanted = numpy_forward(layers, windows, gate)
    logits = np.asarray(run.model.unroll(jnp.asarray(windows, jnp.int32))[1])[:, -1]
    np.testing.assert_allclose(logits, wanted, rtol=1e-5, atol=2e-5)
    np.testing.assert_allclose(
        logits,
        references.numpy_logits(run.model, windows, gate)[:, -1],
        rtol=1e-5,
        atol=2e-5,
    )
    primer = windows[0].tolist()
    assert greedy_notes(run, primer, 60) == loop(
        lambda window: numpy_forward(layers, window, gate), primer, 60
    )
    assert run.model.sizes == SIZES
    assert run.model.dropout == 0.3
    assert run.settings["training"].window == WINDOW
    assert run.settings["training"].objective == "last"
    assert run.vocabulary.symbols == SYMBOLS


def test_hard_gates_of_the_versions_differ(tmp_path):
    models = [
        imported(
            write(tmp_path / f"{version}.keras", stack("hard_sigmoid"), version),
            tmp_path / str(version),
        ).model
        for version in (2, 3)
    ]
    first, second = (m.unroll(jnp.asarray(random_windows(2)))[1] for m in models)
    assert np.abs(first - second).max() > 0.01


def changed(**settings):
    """Change settings of the last LSTM layer."""
    layers = stack()
    layers[2][1].update(settings)
    return layers


def test_other_stacks(tmp_path):
    layers = changed(return_sequences=True)
    layers[1][1]["rate"] = 0.2
    model = read_keras(write(tmp_path / "a.hdf5", layers))
    assert model.every_position
    assert model.dropout == 0.0
    one = read_keras(write(tmp_path / "b.keras", one_layer(), 3))
    assert one.sizes == SIZES[:1]
    assert one.dropout == 0.0
    layers = [*stack()[:-1], ("Softmax", {"axis": -1}, {})]
    assert read_keras(write(tmp_path / "c.h5", layers, 3)).vocab_size == VOCAB
    for place in (0, 2):
        layers[place][1]["batch_input_shape"] = [None, None, VOCAB]
    assert read_keras(write(tmp_path / "d.hdf5", layers)).window is None
    # What the first versions of the layout called the layers' group.
    path = write(tmp_path / "e.keras", stack(), 2)
    renamed = io.BytesIO(members(path)["model.weights.h5"])
    with h5py.File(renamed, "a") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
    replace_member(path, "model.weights.h5", renamed.getvalue())
    assert read_keras(path).sizes == SIZES


def one_layer():
    first, _, _, _, head, _ = stack()
    first[1]["return_sequences"] = False
    head[1]["activation"] = "softmax"
    head[2]["kernel"] = np.ones((SIZES[0], VOCAB), np.float32)
    return [first, head]


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def replace_member(path, name, content):
    """Replace a file in an archive, or leave it out."""
    kept = members(path) | {name: content}
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in kept.items():
            if data is not None:
                archive.writestr(member, data)


def with_layer(place, kind, settings=None):
    layers = stack()
    layers.insert(place, (kind, settings or {}, {}))
    return layers


def with_array(name, array, place=2):
    layers = stack()
    layers[place][2][name] = array
    return layers


def head(**settings):
    layers = stack(activation_layer=False)
    layers[-1][1].update(settings)
    return layers


def without(name):
    layers = stack()
    del layers[2][2][name]
    return layers


def narrow_input():
    """Return the classical generator's: one number a step instead of a one-hot."""
    layers = with_array("kernel", np.ones((1, 4 * SIZES[0]), np.float32), 0)
    layers[0][1]["batch_input_shape"] = [None, WINDOW, 1]
    return layers


def below():
    layers = stack()
    layers[0][1]["return_sequences"] = False
    return layers


def mixed_gates():
    layers = stack()
    layers[0][1]["recurrent_activation"] = "hard_sigmoid"
    return layers


BIAS = np.zeros(4 * SIZES[1], np.float32)
REFUSED = [
    (with_layer(2, "GRU", {"units": 4}), "its layer gru_7 is GRU"),
    (with_layer(2, "Bidirectional"), "its layer bidirectional_7 is Bidirectional"),
    (with_layer(0, "Embedding"), "its layer embedding_7 is Embedding"),
    (with_layer(2, "Custom>LSTM"), "is Custom>LSTM"),
    (changed(activation="relu"), "its layer lstm_8 has activation 'relu'"),
    (changed(activation={"class_name": "mine"}), "has activation {'class_name'"),
    (changed(recurrent_activation="tanh"), "recurrent_activation 'tanh'; it must be"),
    (changed(recurrent_activation=None), "recurrent_activation None"),
    (changed(use_bias=False), "use_bias False; it must be True"),
    (changed(go_backwards=True), "go_backwards True"),
    (changed(stateful=True), "stateful True"),
    (changed(return_state=True), "return_state True"),
    (changed(time_major=True), "time_major True"),
    (below(), "its layer lstm_7 has return_sequences False"),
    (mixed_gates(), "its layers have sigmoid and hard_sigmoid gates"),
    (head(activation="sigmoid"), "its layer dense_7 has activation 'sigmoid'"),
    (head(activation="linear"), "it must have one softmax"),
    (head(use_bias=False), "its layer dense_7 has use_bias False"),
    (with_layer(5, "Activation", {"activation": "softmax"}), "its layers are LSTM"),
    (stack()[4:], "its layers are Dense, Activation"),
    (stack()[:4], "its layers are LSTM, LSTM;"),
    (stack()[:-1] + stack()[-2:], "its layers are LSTM, LSTM, Dense, Dense"),
    ([], "its layers are"),
    (with_layer(6, "Softmax", {"axis": 1}), "axis 1; it must be -1"),
    (narrow_input(), "has a kernel of shape (1, 48), and it should be (7, 48)"),
    (with_array("bias", BIAS[1:]), "has a bias of shape (35,), and it should be (36,)"),
    (with_array("bias", BIAS.astype(np.int8)), "has a bias of int8"),
    (with_array("bias", BIAS * np.nan), "has a bias with values that are not finite"),
    (without("bias"), "its layer lstm_8 holds kernel, recurrent_kernel; it must be"),
    (with_array("scale", BIAS), "scale"),
]


@pytest.mark.parametrize("end", ["hdf5", "keras"])
@pytest.mark.parametrize(("layers", "message"), REFUSED)
def test_what_is_not_ours_is_refused_by_name(layers, message, end, tmp_path):
    path = write(tmp_path / f"model.{end}", layers)
    with pytest.raises(ValueError, match="weights is ") as caught:
        read_keras(path)
    if message != "scale" or end == "hdf5":  # an archive numbers its arrays
        assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert str(path) in str(caught.value)


def edit(path, change):
    with h5py.File(path, "a") as file:
        change(file)


def drop_configuration(file):
    del file.attrs["model_config"]


def link(file):
    del file["model_weights/lstm_7/lstm_7/lstm_cell/bias:0"]
    place = "/model_weights/lstm_7/lstm_7/lstm_cell/bias:0"
    file[place] = h5py.ExternalLink("other.hdf5", place)


def point(file):
    place = "/model_weights/lstm_7/lstm_7/lstm_cell/bias:0"
    del file[place]
    file.create_dataset(place, (48,), "f4", external=[("secret", 0, 192)])


def virtual(file):
    place = "/model_weights/lstm_7/lstm_7/lstm_cell/bias:0"
    del file[place]
    layout = h5py.VirtualLayout((48,), "f4")
    layout[:] = h5py.VirtualSource("other.hdf5", place, (48,))
    file.create_virtual_dataset(place, layout)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop_configuration, "it holds no model's configuration; save the whole model"),
        (link, "has its bias in another file"),
        (point, "has its bias in another file"),
        (virtual, "has its bias in another file"),
        (lambda file: file.pop("model_weights"), "cannot be read as a model of Keras"),
        (
            lambda file: file["model_weights"].pop("dense_7"),
            "cannot be read as a model of Keras",
        ),
        (
            lambda file: file.attrs.create("model_config", b'{"class_name":'),
            "cannot be read as a model of Keras: JSONDecodeError",
        ),
    ],
)
def test_damaged_hdf5_is_one_line(change, message, tmp_path):
    write(tmp_path / "other.hdf5", stack())
    (tmp_path / "secret").write_bytes(bytes(192))
    path = write(tmp_path / "model.hdf5", stack())
    edit(path, change)
    with pytest.raises(ValueError, match="weights is ") as caught:
        read_keras(path)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_archives_of_other_things(tmp_path):
    for name in ("config.json", "metadata.json", "model.weights.h5"):
        path = write(tmp_path / "model.keras", stack())
        replace_member(path, name, None)
        with pytest.raises(ValueError, match=f"a zip archive without {name}"):
            read_keras(path)
    path = write(tmp_path / "model.keras", stack(), 3)
    config = json.loads(members(path)["config.json"])
    lstm = config["config"]["layers"][1]
    lstm.update(module="mine", registered_name="LSTM")
    replace_member(path, "config.json", json.dumps(config))
    with pytest.raises(ValueError, match=r"is mine\.LSTM; it must be one of"):
        read_keras(path)


@pytest.mark.parametrize("end", ["hdf5", "keras"])
def test_cut_or_changed_files_are_one_line(end, tmp_path):
    whole = write(tmp_path / f"model.{end}", stack()).read_bytes()
    path = tmp_path / f"damaged.{end}"
    random = np.random.default_rng(0)
    for share in np.linspace(0, 0.99, 12):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ValueError, match="cannot be read") as caught:
            read_keras(path)
        assert len(str(caught.value).splitlines()) == 1
    for _ in range(20):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 40):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        # What hits the numbers alone cannot be seen; nothing else may be raised.
        with contextlib.suppress(KerasFileError):
            read_keras(path)


@pytest.mark.parametrize("version", ["1.2.2", "4.0.0", "unknown"])
def test_other_versions_are_refused(version, tmp_path):
    path = write(tmp_path / "model.hdf5", stack(), keras_version=version)
    with pytest.raises(ValueError, match=f"it was written by Keras {version}"):
        read_keras(path)


def test_other_kinds_of_model_are_refused(tmp_path):
    path = write(tmp_path / "model.hdf5", stack(), model="Functional")
    with pytest.raises(ValueError, match="its model is Functional"):
        read_keras(path)


def test_missing_h5py_is_said_in_one_line(tmp_path, monkeypatch):
    path = write(tmp_path / "model.hdf5", stack())
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(RuntimeError, match=r"pip install 'lstm-music-jax\[keras\]'"):
        read_keras(path)


def test_h5py_is_not_imported_unless_it_is_needed():
    program = "import sys, lstm_music_jax.keras_files; print('h5py' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_runs_from_before_gates_could_be_chosen_still_load(tmp_path):
    path = write(tmp_path / "model.hdf5", stack())
    run = imported(path, tmp_path / "run")
    config = RunFolder(tmp_path / "run").config
    settings = json.loads(config.read_text())
    del settings["model"]["gates"]
    config.write_text(json.dumps(settings))
    again = load_run(tmp_path / "run")
    jax.tree.map(np.testing.assert_array_equal, again.model, run.model)
    settings["model"]["gates"] = "soft"
    config.write_text(json.dumps(settings))
    with pytest.raises(ValueError, match="gates"):
        load_run(tmp_path / "run")


@pytest.fixture
def symbols(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("\n".join(corpus()) + "\n")
    assert symbols_file(path).pieces[0].symbols == tuple(corpus())
    return path


def onsets(path):
    return sorted(
        {
            (tick, message.note)
            for track in mido.MidiFile(path).tracks
            for tick, message in zip(
                np.cumsum([message.time for message in track]), track, strict=True
            )
            if message.type == "note_on" and message.velocity
        }
    )


def test_script_then_generate_then_train(symbols, tmp_path, capsys):
    weights = write(tmp_path / "model.hdf5", stack("hard_sigmoid"))
    run = tmp_path / "run"
    assert call(script, weights, "--symbols", symbols, "--run", run) == 0
    assert "Keras 2.3.1: LSTM 12-9, gates hard_sigmoid_fifth" in capsys.readouterr().out
    arguments = ["--run", run, "--context", "window", "--greedy", "--notes", 40]
    arguments += ["--primer-length", WINDOW]
    out = ["--out", tmp_path / "music"]
    assert call(generate, *arguments, *out, "--primer", "corpus") == 0
    loaded = load_run(run)
    begin = np.random.default_rng(0)
    begin.integers(1)
    begin = begin.integers(len(corpus()) - WINDOW + 1)
    primer = dataset().train[0][begin : begin + WINDOW]
    wanted = loaded.encoding.decode(
        loaded.vocabulary.decode(greedy_notes(loaded, primer, 40))
    )
    found = onsets(tmp_path / "music/piece-000.mid")
    heard = [note.pitch for note in wanted.score.notes]
    assert sorted(pitch for _, pitch in found) == sorted(heard)
    assert len({tick for tick, _ in found}) == 40

    assert call(generate, *arguments, *out) == 2
    assert "without a start symbol" in capsys.readouterr().err
    assert call(train, "--run", run, "--resume", "--steps", 2) == 0
    assert load_run(run, "last").model.sizes == SIZES
    assert call(script, weights, "--symbols", symbols, "--run", run) == 2
    assert "which is not empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.hdf5", "--symbols", "data.txt"], "weights is no.hdf5; it must be a file"),
        (["data.txt", "--symbols", "data.txt"], "cannot be read as a model of Keras"),
        (["model.hdf5", "--symbols", "no.txt"], "no.txt"),
        (
            ["model.hdf5", "--symbols", "few.txt"],
            "symbols has 2 distinct ones, and the head of weights tells 7 apart",
        ),
        (["model.hdf5"], "symbols"),
    ],
)
def test_wrong_arguments(arguments, message, symbols, monkeypatch, capsys):
    monkeypatch.chdir(symbols.parent)
    write(symbols.parent / "model.hdf5", stack())
    (symbols.parent / "few.txt").write_text("C4\nD4\n")
    assert call(script, *arguments, "--run", "new") == 2
    (error,) = capsys.readouterr().err.strip().splitlines()
    assert error.startswith("error: ")
    assert message in error
    assert not (symbols.parent / "new").exists()


# Keras itself: `keras` is version 3, `tf_keras` version 2.
GENUINE = [("keras", "h5"), ("keras", "keras"), ("tf_keras", "hdf5")]
GENUINE += [("tf_keras", "keras")]


@pytest.fixture
def lenient():
    """Keras may run on JAX too, and promotes."""
    with (
        jax.numpy_rank_promotion("allow"),
        jax.numpy_dtype_promotion("standard"),
    ):
        yield


@pytest.mark.parametrize("gates", ["sigmoid", "hard_sigmoid"])
@pytest.mark.parametrize(("package", "end"), GENUINE)
def test_against_keras(lenient, package, end, gates, tmp_path):
    pytest.importorskip(package, exc_type=ImportError)
    keras = importlib.import_module(package)
    layers = keras.layers
    model = keras.Sequential()
    model.add(layers.Input((WINDOW, VOCAB)))
    first, second = SIZES
    model.add(layers.LSTM(first, recurrent_activation=gates, return_sequences=True))
    model.add(layers.Dropout(0.3))
    model.add(layers.LSTM(second, recurrent_activation=gates))
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(VOCAB))
    logits_alone = keras.Model(model.inputs, model.outputs)
    model.add(layers.Activation("softmax"))
    model.compile("rmsprop", "categorical_crossentropy")
    random = np.random.default_rng(7)
    model.set_weights([random.normal(size=w.shape) for w in model.get_weights()])
    path = tmp_path / f"model.{end}"
    model.save(path)

    run = imported(path, tmp_path / "run")
    windows = random_windows(8)
    one_hot = np.eye(VOCAB, dtype=np.float32)
    wanted = logits_alone.predict(one_hot[windows], verbose=0)
    got = run.model.unroll(jnp.asarray(windows, jnp.int32))[1][:, -1]
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    probabilities = model.predict(one_hot[windows], verbose=0)
    np.testing.assert_allclose(jax.nn.softmax(got), probabilities, atol=1e-5)
    primer = windows[0].tolist()
    assert greedy_notes(run, primer, 40) == loop(
        lambda window: model.predict(one_hot[window], verbose=0), primer, 40
    )
