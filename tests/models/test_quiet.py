import os

from models.quiet import quiet_stderr


def test_nothing_is_printed_meanwhile_and_all_is_as_before_afterwards(capfd):
    with quiet_stderr():
        os.write(2, b"hidden")
    os.write(2, b"shown")
    assert capfd.readouterr().err == "shown"
