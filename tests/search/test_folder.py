import subprocess
import sys

import pytest

from search.folder import StudyBusyError, StudyFolder


def test_each_trial_has_a_folder_of_its_own(tmp_path):
    assert StudyFolder(tmp_path).trial(7) == tmp_path / "trials" / "0007"


def test_a_study_is_held_by_one_process_at_a_time(tmp_path):
    folder = StudyFolder(tmp_path / "study")
    where = repr(str(folder.root))
    code = f"from pathlib import Path; from search.folder import *\nwith StudyFolder(Path({where})).held(): pass"
    with folder.held():
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "StudyBusyError" in other.stderr
    assert "is being run by process" in other.stderr
    with folder.held():
        pass


def test_a_busy_study_says_who_holds_it(tmp_path):
    folder = StudyFolder(tmp_path)
    with (
        folder.held(),
        pytest.raises(StudyBusyError, match=r"wait for it to end or stop it first"),
        folder.held(),
    ):
        pass
