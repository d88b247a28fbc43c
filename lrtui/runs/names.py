"""Names for runs that nobody named: an adjective and an animal, easy to say and to tell apart in a list."""

import random

# Words in lines are easier to read than 130 quoted strings.
_ADJECTIVES = (  # noqa: SIM905
    "amber ancient brave bright calm clever cosmic curious daring dusty eager early fancy fast fluffy gentle golden "
    "happy hidden humble idle jolly keen kind late lively lucky mellow merry misty modest noble patient plain polite "
    "proud quick quiet rapid rare royal rustic shiny silent silver sleepy smooth snowy solar steady sunny swift tidy "
    "tiny urban vivid warm wild wise witty young zesty"
).split()
_ANIMALS = (  # noqa: SIM905
    "badger bear beaver bison cat crane crow deer dingo dolphin dove duck eagle egret elk falcon ferret finch fox frog "
    "gecko goose hare hawk heron horse ibex jackal koala lark lemur lion llama lynx marten mole moose moth mouse newt "
    "ocelot orca otter owl panda parrot pigeon puffin quail rabbit raven robin salmon seal shark sloth sparrow stork "
    "swan tiger toad trout turtle viper walrus weasel whale wolf wombat wren yak zebra"
).split()


def random_name(taken: frozenset[str] = frozenset()) -> str:
    """A name such as `quiet-otter` that is not in `taken`; a number is added once most pairs are used."""
    # Not the global generator: naming a run must not move a user's seeds.
    source = random.SystemRandom()
    for attempt in range(200):
        name = f"{source.choice(_ADJECTIVES)}-{source.choice(_ANIMALS)}"
        if attempt >= 100:
            name = f"{name}-{source.randrange(1_000_000)}"
        if name not in taken:
            return name
    raise AssertionError("200 random names were all taken")
