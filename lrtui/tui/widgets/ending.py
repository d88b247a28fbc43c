"""The pane that says why nobody trains any more."""

from lrtui.tui.keys import key_of, keymap_of
from lrtui.tui.seeing import Condition
from lrtui.tui.widgets.pane import Pane
from lrtui.tui.wrapping import wrapped


class EndingPane(Pane):
    """As high as what it tells; the keys in its title resume what died, or list what else there is."""

    def show_ending(self, ending: tuple[str, ...], condition: Condition, what: str, resume_id: str) -> None:
        """Show the lines of `ending`; the key of `resume_id` resumes `what`, none does where that is empty."""
        keymap, width = keymap_of(self.app), max(8, self.screen.size.width - 4)
        told = ending or ("its process is gone and left no last word",)
        lines = [piece for line in told for piece in wrapped(line, width)]
        self.styles.height = len(lines) + 2
        if condition == "deleted":
            self.show(lines, f"Deleted · {key_of('runs', keymap)} lists the runs there are")
        else:
            resumes = f" · {key_of(resume_id, keymap)} resumes the {what}" if resume_id else ""
            self.show(lines, f"The worker died{resumes}")
