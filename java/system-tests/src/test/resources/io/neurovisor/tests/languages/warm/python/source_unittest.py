# unittest.main finds the tests in the program.
# @exit 1
# @args "-v" "Arithmetic"
import sys
import unittest


class Arithmetic(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(1 + 1, 2)

    def test_wrong(self):
        self.assertEqual([1, 2], [1, 3])

    @unittest.skip("not today")
    def test_skipped(self):
        pass


class Other(unittest.TestCase):
    def test_never_asked_for(self):
        self.fail()


class QuietRunner(unittest.TextTestRunner):
    def run(self, test):
        result = unittest.TestResult()
        test.run(result)
        print(result.testsRun, [str(failed[0]) for failed in result.failures], result.skipped[0][1], file=sys.stderr)
        print(result.failures[0][1], file=sys.stderr)
        return result


unittest.main(testRunner=QuietRunner)
