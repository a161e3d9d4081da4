"""What was deleted for a trial only."""

import unittest

from rehearsals import Rehearsals

OFFER = "http://127.0.0.1:1/v1/offers/ofr_1"


class RehearsalsTest(unittest.TestCase):
    def test_a_trial_leaves_the_record_until_it_is_deleted(self):
        rehearsals = Rehearsals()
        self.assertFalse(rehearsals.have(OFFER))
        rehearsals.note("DELETE", f"{OFFER}?validate_only=true", 200)
        self.assertTrue(rehearsals.have(f"{OFFER}?fields=id"))
        self.assertTrue(rehearsals.have(f"{OFFER}/history"))
        self.assertFalse(rehearsals.have(f"{OFFER}0"))
        rehearsals.note("DELETE", OFFER, 412)
        self.assertTrue(rehearsals.have(OFFER), "nothing was deleted")
        rehearsals.note("DELETE", f"{OFFER}?validate_only=false", 204)
        self.assertFalse(rehearsals.have(OFFER))

    def test_only_a_trial_that_was_accepted_counts(self):
        rehearsals = Rehearsals()
        rehearsals.note("DELETE", f"{OFFER}?validate_only=true", 404)
        rehearsals.note("PATCH", f"{OFFER}?validate_only=true", 200)
        self.assertFalse(rehearsals.have(OFFER))


if __name__ == "__main__":
    unittest.main()
