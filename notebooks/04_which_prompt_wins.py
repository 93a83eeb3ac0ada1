# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which prompt wins?
#
# Votes → ranking → forest plot. **The voters here are simulated**: two names that vote by a coin that favours
# the first prompt. What comes out says something about the method and nothing about the prompts. With real
# people, share the review from the app instead.

# %%
import random

from IPython.display import SVG

from workbench import Workbench
from workbench.api.standings import forest_svg, rows

wb = Workbench()
prompts = ["A fox in the snow at dusk", "A fox in the snow at noon"]
settings = {"model": "animatic/preview", "duration_s": 1, "resolution": "360p"}
requests = [wb.request(prompt, seed=seed, **settings) for seed in (1, 2, 3) for prompt in prompts]
made = wb.wait(wb.submit_many(requests))
review = wb.review("Which fox? (simulated voters)", made)
review.plan.question

# %% [markdown]
# `asked` draws the next pair, which has no names on it; `vote` says which clip is better. A simulated voter
# prefers the first prompt in four of five pairs.

# %%
chance = random.Random(7)
for person in ("Simulated Ana", "Simulated Bo"):
    for _ in range(8):
        pairs = wb.asked(review.id, person).pairs
        if not pairs:
            break
        left = wb.run(review.clips[pairs[0].left].run_id)
        likes_left = (left.request.prompt == prompts[0]) == (chance.random() < 0.8)
        wb.vote(pairs[0].id, person, "left" if likes_left else "right")
[(one.person, one.votes) for one in wb.review_progress(review.id)]

# %% [markdown]
# ## What the votes say
#
# In words that claim no more than the votes carry; then each prompt's effect with its 95 % interval.

# %%
found = wb.rank(review=review.id)
print(found.sentence)

# %%
SVG(forest_svg(found))

# %%
[{name: row[name] for name in list(row)[:6]} for row in rows(found)]

# %%
wb.close()
