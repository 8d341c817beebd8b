"""The ways in which people and programs change a file. Each takes the file and its new text."""

import os
import shutil
import subprocess
import time


def elsewhere(path, text):
    """The text in a file of another folder."""
    file = path.parent.parent / f"new-{path.name}"
    file.write_text(text)
    return file


def run(*command):
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def in_place(path, text):
    path.write_text(text)


def as_vi(path, text):
    """The old file becomes the backup, and the new one is made anew."""
    backup = path.with_name(path.name + "~")
    path.rename(backup)
    with open(path, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    backup.unlink()


def by_rename(path, text):
    """As most programs do that take care."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.replace(path)


def by_cp(path, text):
    run("cp", elsewhere(path, text), path)


def by_cp_force(path, text):
    """Takes the old file away first."""
    run("cp", "--remove-destination", elsewhere(path, text), path)


def by_install(path, text):
    run("install", "-m", "0644", elsewhere(path, text), path)


def by_mv(path, text):
    run("mv", elsewhere(path, text), path)


def by_mv_of_an_older_file(path, text):
    """As a backup that is put back: the time of change goes back."""
    new = elsewhere(path, text)
    os.utime(new, (1_000_000_000, 1_000_000_000))
    run("mv", new, path)


def by_sed(path, text):
    """`sed -i` writes a file of its own beside it, and renames."""
    run("sed", "-i", "-n", f"1r {elsewhere(path, text)}", path)


def by_rsync(path, text):
    """Without rsync, what it does: a hidden file beside it, with its time set, and a rename."""
    new = elsewhere(path, text)
    if shutil.which("rsync"):
        run("rsync", "--archive", "--ignore-times", new, path)
        return
    hidden = path.with_name(f".{path.name}.a1B2c3")
    with open(hidden, "w") as file:
        for start in range(0, len(text), 64):
            file.write(text[start:start + 64])
            file.flush()
    minute_ago = time.time() - 60
    os.utime(hidden, (minute_ago, minute_ago))
    hidden.rename(path)


def bit_by_bit(path, text):
    """In place, so slowly that a reader could get hold of each part."""
    with open(path, "w") as file:
        for start in range(0, len(text), max(1, len(text) // 8)):
            file.write(text[start:start + max(1, len(text) // 8)])
            file.flush()
            time.sleep(0.03)


WAYS = [in_place, as_vi, by_rename, by_cp, by_cp_force, by_install, by_mv, by_mv_of_an_older_file,
        by_sed, by_rsync, bit_by_bit]
