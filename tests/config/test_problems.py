"""Every kind of bad configuration is answered by the sentence that helps."""

import pytest

from lrtui.config.load import load_config
from lrtui.config.problems import dotted, shown
from lrtui.errors import ConfigError

#: TOML text → the sentences, in which `run.toml` stands for the file
BAD_FILES = {
    "unknown key, near name": (
        "[optim]\nlr = 0.1\nmomentun = 0.9\n",
        ["run.toml:3: optim.momentun: unknown key, did you mean optim.momentum?"],
    ),
    "unknown key of another section": (
        "[train]\nsteps = 10\nlr = 0.1\n",
        ["run.toml:3: train.lr: unknown key, did you mean optim.lr?"],
    ),
    "unknown key by the name of another program": (
        "[optim]\nlearning_rate = 0.1\n",
        ["run.toml:2: optim.learning_rate: unknown key, did you mean optim.lr?"],
    ),
    "unknown key like nothing": (
        "[sample]\nxyzzy = 1\n",
        ["run.toml:2: sample.xyzzy: unknown key, [sample] has prompt, length, temperature, top_k, top_p"],
    ),
    "unknown section": ("[optm]\nlr = 0.1\n", ["run.toml:1: optm: unknown key, did you mean optim?"]),
    "key outside its section": ("lr = 0.1\n", ["run.toml:1: lr: unknown key, did you mean optim.lr?"]),
    "text for a number": ('[optim]\nlr = "fast"\n', ["run.toml:2: optim.lr: must be a number, got 'fast'"]),
    "boolean for a number": ("[optim]\nlr = true\n", ["run.toml:2: optim.lr: must be a number, got true"]),
    "number for a boolean": ("[model]\nbias = 1\n", ["run.toml:2: model.bias: must be true or false, got 1"]),
    "number for text": ("[corpus]\nname = 5\n", ["run.toml:2: corpus.name: must be text in quotes, got 5"]),
    "fraction for a count": (
        "[train]\nsteps = 1e4\n",
        ["run.toml:2: train.steps: must be a whole number, got 10000.0 (write 10000)"],
    ),
    "negative rate": ("[optim]\nlr = -1\n", ["run.toml:2: optim.lr: must be > 0, got -1"]),
    "zero batch": ("[train]\nbatch = 0\n", ["run.toml:2: train.batch: must be >= 1, got 0"]),
    "everything dropped": ("[model]\ndropout = 1.0\n", ["run.toml:2: model.dropout: must be < 1, got 1.0"]),
    "beyond every integer": (
        "[train]\nseed = 9223372036854775808\n",
        ["run.toml:2: train.seed: must be <= 9223372036854775807, got 9223372036854775808"],
    ),
    "NaN": ("[optim]\nlr = nan\n", ["run.toml:2: optim.lr: must be a finite number, got nan"]),
    "infinity": ("[optim]\nclip = inf\n", ["run.toml:2: optim.clip: must be a finite number, got inf"]),
    "not one of the choices": (
        '[optim]\nkind = "adma"\n',
        ["run.toml:2: optim.kind: must be one of sgd, adam, adamw, got 'adma', did you mean 'adam'?"],
    ),
    "a boolean that looks like a choice": (
        "[train]\nkernel = true\n",
        ["run.toml:2: train.kernel: must be one of auto, autograd, hand, compiled, got true"],
    ),
    "a device there cannot be": (
        '[train]\ndevice = "gpu"\n',
        ["run.toml:2: train.device: must be auto, cpu, cuda, cuda:N or mps, got 'gpu'"],
    ),
    "a section that is none": ("model = 3\n", ["run.toml:1: model: must be a table of keys, got 3"]),
    "a section for a value": ("[optim.lr]\nx = 1\n", ["run.toml:1: optim.lr: must be a number, got a table"]),
    "one value for a list": ("[optim]\nbetas = 0.9\n", ["run.toml:2: optim.betas: must be a list, got 0.9"]),
    "a list too short": ("[optim]\nbetas = [0.9]\n", ["run.toml:2: optim.betas[1]: is missing"]),
    "a list too long": (
        "[optim]\nbetas = [0.9, 0.9, 0.9]\n",
        ["run.toml:2: optim.betas: must be a list of 2 values, got [0.9, 0.9, 0.9]"],
    ),
    "an element out of range": (
        "[optim]\nbetas = [\n  0.9,\n  1.5,\n]\n",
        ["run.toml:2: optim.betas[1]: must be < 1, got 1.5"],
    ),
    "a group without its glob": (
        '[[optim.groups]]\nmatch = "a"\n[[optim.groups]]\nlr_scale = 2.0\n',
        ["run.toml:3: optim.groups[1].match: is missing"],
    ),
    "an unknown key in a group": (
        '[optim]\ngroups = [{ match = "a", scale = 2.0 }]\n',
        ["run.toml:2: optim.groups[0].scale: unknown key, did you mean optim.groups[0].lr_scale?"],
    ),
    "an empty glob": (
        '[[optim.groups]]\nmatch = ""\n',
        ["run.toml:2: optim.groups[0].match: must not be empty, got ''"],
    ),
    "a corpus name that is a path": (
        '[corpus]\nname = "../secret"\n',
        [
            "run.toml:2: corpus.name: must be a name of letters, digits, '.', '_' and '-' "
            "(a file or folder goes in corpus.path), got '../secret'"
        ],
    ),
    "an empty path": (
        '[corpus]\npath = ""\n',
        ["run.toml:2: corpus.path: must be the path of a file or folder, got ''"],
    ),
    "a path with a NUL": (
        '[corpus]\npath = "a\\u0000b"\n',
        ["run.toml:2: corpus.path: must be the path of a file or folder, got 'a\\x00b'"],
    ),
    "name and path": (
        '[corpus]\nname = "names"\npath = "a.txt"\n',
        ["run.toml:3: corpus.path: give corpus.name or corpus.path, not both (corpus.name is 'names')"],
    ),
    "heads that do not divide the width": (
        '[model]\nkind = "gpt"\nhidden = 130\n',
        ["run.toml:3: model.hidden: must be a multiple of model.heads (4) for gpt, got 130"],
    ),
    "Nesterov without momentum": (
        '[optim]\nkind = "sgd"\nnesterov = true\n',
        ["run.toml:3: optim.nesterov: needs optim.momentum > 0, got 0.0"],
    ),
    "a warm-up longer than the run": (
        "[train]\nsteps = 100\n[schedule]\nwarmup = 100\n",
        ["run.toml:4: schedule.warmup: must be < train.steps (100), got 100"],
    ),
    "an end above the base rate": (
        '[optim]\nlr = 1e-3\n[schedule]\nkind = "cosine"\nend = 0.1\n',
        ["run.toml:5: schedule.end: must be <= optim.lr (0.001), got 0.1"],
    ),
    "a low above the base rate": (
        '[schedule]\nkind = "triangular"\nlow = 0.1\n',
        ["run.toml:3: schedule.low: must be <= optim.lr (0.002), got 0.1"],
    ),
    "no milestones": (
        '[schedule]\nkind = "multistep"\n',
        ["run.toml:2: schedule.milestones: must name at least one step for multistep, got []"],
    ),
    "milestones out of order": (
        '[schedule]\nkind = "multistep"\nmilestones = [20, 10]\n',
        ["run.toml:3: schedule.milestones: must rise from one to the next, got [20, 10]"],
    ),
    "a plateau that never looks": (
        '[schedule]\nkind = "plateau"\n[train]\neval_every = 0\n',
        ["run.toml:4: train.eval_every: must be >= 1 for schedule.kind = 'plateau', got 0"],
    ),
    "a decay longer than the run": (
        '[train]\nsteps = 100\n[schedule]\nkind = "wsd"\nwarmup = 50\ndecay = 60\n',
        ["run.toml:6: schedule.decay: must be <= train.steps - schedule.warmup (50), got 60"],
    ),
    "half a momentum cycle": (
        '[schedule]\nkind = "one_cycle"\nmomentum_low = 0.85\n',
        ["run.toml:3: schedule.momentum_low: needs schedule.momentum_high as well"],
    ),
    "a momentum cycle upside down": (
        '[schedule]\nkind = "one_cycle"\nmomentum_low = 0.9\nmomentum_high = 0.8\n',
        ["run.toml:3: schedule.momentum_low: must be <= schedule.momentum_high (0.8), got 0.9"],
    ),
    "an unknown preset": (
        'preset = "names-mpl"\n',
        ["run.toml:1: there is no preset 'names-mpl', did you mean names-mlp?"],
    ),
    "a preset that is no text": ("preset = 1\n", ["run.toml:1: preset: must be text in quotes, got 1"]),
    "several at once, in the order of the file, rules among them": (
        '[train]\nsteps = -5\nbatsh = 3\n[optim]\nlr = "x"\n[model]\nkind = "gpt"\nhidden = 130\n',
        [
            "run.toml:2: train.steps: must be >= 1, got -5",
            "run.toml:3: train.batsh: unknown key, did you mean train.batch?",
            "run.toml:5: optim.lr: must be a number, got 'x'",
            "run.toml:8: model.hidden: must be a multiple of model.heads (4) for gpt, got 130",
        ],
    ),
    "no rule is told about a key that is bad itself": (
        "[schedule]\nwarmup = 6000\n[train]\nsteps = 0\n",
        ["run.toml:4: train.steps: must be >= 1, got 0"],
    ),
    "no TOML": (
        "[optim]\nlr = fast\n",
        ["run.toml:2:6: is not valid TOML: Invalid value"],
    ),
    "a key given twice": (
        "[optim]\nlr = 1\nlr = 2\n",
        ["run.toml:3:7: is not valid TOML: Cannot overwrite a value"],
    ),
}


def sentences(error: ConfigError, path: object) -> list[str]:
    return error.message.replace(str(path), "run.toml").split("\n")


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_file_gets_its_sentences(case, tmp_path):
    text, expected = BAD_FILES[case]
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert sentences(caught.value, path) == expected
    assert caught.value.exit_code == 65


BAD_SETS = {
    "optim.lr=-1": "--set optim.lr=-1: must be > 0, got -1",
    "optim.lr=fast": "--set optim.lr=fast: must be a number, got 'fast'",
    "optim.lr=": "--set optim.lr=: must be a number, got ''",
    "lr=1": "--set lr=1: unknown key, did you mean optim.lr?",
    "optim.lr": "--set optim.lr: write --set section.key=value, such as --set optim.lr=0.002",
    "=3": "--set =3: write --set section.key=value, such as --set optim.lr=0.002",
    "optim.lr.x=1": "--set optim.lr.x=1: optim.lr: must be a number, got a table",
    "optim.betas=[0.9, 2]": "--set optim.betas=[0.9, 2]: optim.betas[1]: must be < 1, got 2",
    "train.steps=nan": "--set train.steps=nan: must be a whole number, got nan",
    "corpus.path=a\udcffb": "--set corpus.path=a\ufffdb: must be text that UTF-8 can hold, got 'a\\udcffb'",
    "optim.kind=\x1b]0;x\x07": "--set optim.kind=\ufffd]0;x\ufffd: must be one of sgd, adam, adamw, "
    "got '\\x1b]0;x\\x07'",
}


@pytest.mark.parametrize("text", BAD_SETS, ids=ascii)
def test_bad_set_gets_its_sentence(text):
    with pytest.raises(ConfigError) as caught:
        load_config(sets=[text])
    assert caught.value.message == BAD_SETS[text]


def test_file_preset_flag_and_sets_are_told_together(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("[optim]\nclip = -1\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path, "nmaes-mlp", ["foo", "train.batch=0"])
    assert sentences(caught.value, path) == [
        "--set foo: write --set section.key=value, such as --set optim.lr=0.002",
        "--preset nmaes-mlp: there is no preset 'nmaes-mlp', did you mean names-mlp?",
        "run.toml:2: optim.clip: must be >= 0, got -1",
        "--set train.batch=0: must be >= 1, got 0",
    ]


def test_a_broken_rule_is_placed_where_the_last_of_its_keys_came_from():
    with pytest.raises(ConfigError) as caught:
        load_config(preset="shakespeare-gpt", sets=["train.steps=50"])
    assert caught.value.message == "--set train.steps=50: schedule.warmup: must be < train.steps (50), got 100"


def test_a_value_that_a_stronger_layer_replaces_is_no_problem(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("[optim]\nlr = -1\n")
    assert load_config(path, sets=["optim.lr=0.5"]).optim.lr == 0.5


def test_a_hostile_key_is_shown_quoted(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('[optim]\n"\\u001b[2J" = 1\n')
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert "\x1b" not in caught.value.message
    assert "optim.'\\x1b[2J': unknown key" in caught.value.message


def test_long_values_are_cut():
    assert len(shown("x" * 1000)) < 70
    assert len(shown(list(range(1000)))) < 70
    assert len(dotted(("x" * 1000,))) < 70


def test_dotted_paths_read_as_one_writes_them():
    assert dotted(("optim", "groups", 0, "match")) == "optim.groups[0].match"
