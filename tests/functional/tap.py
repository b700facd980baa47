# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the cases of a test file and says what became of each in the Test Anything Protocol."""

import time
import unittest


class Result(unittest.TestResult):
    """Prints a line for each case when it ends, below what went wrong in it."""

    def __init__(self):
        super().__init__()
        self.count = 0
        self.begin()

    def begin(self):
        self.wrong, self.reason, self.running = [], None, False

    def say(self, test):
        self.count += 1
        for line in '\n'.join(self.wrong).splitlines():
            print('#', line)
        took = f'({time.monotonic() - self.started:.1f} s)' if self.running else ''
        skip = '' if self.reason is None or self.wrong else f' # SKIP {self.reason}'
        words = test.id().removeprefix('__main__.')
        print(f'{"not ok" if self.wrong else "ok"} {self.count} - {words} {took}'.rstrip() + skip,
              flush=True)
        self.begin()

    def startTest(self, test):
        super().startTest(test)
        self.begin()
        self.running = True
        self.started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        self.say(test)

    def failed(self, test, err):
        """What is not within a case is the preparation of a class, and has no end of its own."""
        self.wrong.append(self._exc_info_to_string(err, test))
        if not self.running:
            self.say(test)

    def addError(self, test, err):
        super().addError(test, err)
        self.failed(test, err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.failed(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.wrong.append(subtest.id().removeprefix('__main__.'))
            self.failed(test, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.reason = reason
        if not self.running:
            self.say(test)


class Runner:
    """For unittest.main()."""

    def __init__(self, **_):
        pass

    def run(self, test):
        result = Result()
        test(result)
        print(f'1..{result.count}', flush=True)
        return result
