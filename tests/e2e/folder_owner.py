"""Run as the owner of a list's folder, which is its working folder: exchanges what is in there, over
and over, until it is ended. Arguments: a number that the sequence follows from, and the folder with
the files of others."""

import ctypes
import os
import random
import shutil
import sys

AT_FDCWD = -100
RENAME_EXCHANGE = 2
LIBC = ctypes.CDLL(None, use_errno=True)

# What root's commands find their way by.
NAMES = ["campaign.txt", "sub/deep.txt", "sub", "new", "new/lists", ".postern.lock",
         "campaign.txt.before-rollback"]


def exchange(one, other):
    LIBC.renameat2(AT_FDCWD, one.encode(), AT_FDCWD, other.encode(), RENAME_EXCHANGE)


def remove(name):
    if os.path.isdir(name) and not os.path.islink(name):
        shutil.rmtree(name)
    else:
        os.unlink(name)


def made_anew(name):
    """What belongs there, of the owner's own."""
    if name in ("sub", "new"):
        os.mkdir(name)
        return
    with open(name, "w", encoding="ascii") as file:
        file.write("own.example\n")


class Owner:
    def __init__(self, number, outside):
        self.chance = random.Random(number)
        self.outside = os.path.abspath(outside)

    def target(self, name):
        """In the folder of others, what a name could be made to lead to."""
        if name in ("sub", "new", "new/lists"):
            return self.outside
        return os.path.join(self.outside, self.chance.choice(sorted(os.listdir(self.outside))))

    def link_in_place(self, name):
        os.symlink(self.target(name), "link")
        os.rename("link", name)

    def link_anew(self, name):
        remove(name)
        os.symlink(self.target(name), name)

    def second_name(self, name):
        """A hard link, which the system may refuse."""
        remove(name)
        os.link(self.target(name), name)

    def exchange_with_link(self, name):
        if not os.path.lexists("other"):
            os.symlink(self.target(name), "other")
        exchange(name, "other")

    def rename_away(self, name):
        os.rename(name, "away")
        made_anew(name)

    def put_back(self, name):
        if os.path.lexists(name):
            remove(name)
        made_anew(name)

    def links_for_what_is_being_written(self, _):
        for folder in (".", "sub"):
            for name in os.listdir(folder):
                if name.startswith(".") and not name.endswith(".lock"):
                    path = os.path.join(folder, name)
                    os.unlink(path)
                    os.symlink(self.target("campaign.txt"), path)

    def step(self):
        does = self.chance.choice([
            self.link_in_place, self.link_anew, self.second_name, self.exchange_with_link,
            self.rename_away, self.put_back, self.put_back, self.links_for_what_is_being_written])
        try:
            does(self.chance.choice(NAMES))
        except OSError:
            pass


def main():
    owner = Owner(int(sys.argv[1]), sys.argv[2])
    print("begun", flush=True)
    while True:
        owner.step()


if __name__ == "__main__":
    main()
