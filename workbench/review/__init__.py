"""Which arm is better, and how sure that is: pure statistics on arrays of votes and ratings."""

from workbench.review.accord import Accord, Together, accord, together
from workbench.review.fit import Fit, fitted
from workbench.review.gain import Gain, gain_of, seeds_needed
from workbench.review.model import Assumptions
from workbench.review.pairing import Choice, choose, matters, worth
from workbench.review.phrases import PhraseEffect, Phrases, phrases_of
from workbench.review.ranking import Difference, Interval, Ranking, Standing, connected, ranked
from workbench.review.raters import Rater, Share, raters_of
from workbench.review.ratings import Agreement, Rated, Ratings, agreement, rated
from workbench.review.sentence import between, headline, steps
from workbench.review.votes import Outcome, Votes, votes_of

__all__ = [
    "Accord",
    "Agreement",
    "Assumptions",
    "Choice",
    "Difference",
    "Fit",
    "Gain",
    "Interval",
    "Outcome",
    "PhraseEffect",
    "Phrases",
    "Ranking",
    "Rated",
    "Rater",
    "Ratings",
    "Share",
    "Standing",
    "Together",
    "Votes",
    "accord",
    "agreement",
    "between",
    "choose",
    "connected",
    "fitted",
    "gain_of",
    "headline",
    "matters",
    "phrases_of",
    "ranked",
    "rated",
    "raters_of",
    "seeds_needed",
    "steps",
    "together",
    "votes_of",
    "worth",
]
