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
# # Real models
#
# The paid way, from the price to the bill, for nothing: this notebook starts a stand-in for Vertex on this
# machine and sends Veo's requests there. What is made here is marked *emulated*, everywhere.
#
# **With a real key**, set `GOOGLE_CLOUD_PROJECT` and `GOOGLE_APPLICATION_CREDENTIALS` (or `VERTEX_API_KEY`)
# in the environment or in `.env`, and write `wb = Workbench()` in place of the cell under *The stand-in*.
# Leave *When no answer comes back* and the very last line out: they are about the stand-in. Everything else
# stays as it is – and costs what it says.

# %%
import os
from contextlib import ExitStack

from workbench import Workbench
from workbench.domain.errors import RunFailed
from workbench.emulators.faults import Fault, Step
from workbench.emulators.wires import emulator
from workbench.settings import load

# %% [markdown]
# ## The stand-in
#
# `workbench emulate vertex` does the same in a terminal, and prints the settings to paste.

# %%
stand_ins = ExitStack()
vertex = stand_ins.enter_context(emulator("vertex")(operation_s=0.5))
wb = Workbench(settings=load(environ={**os.environ, **vertex.settings()}))
print(wb.settings.data)

# %% [markdown]
# ## Is it set up?
#
# `missing` names what is not set. `probe` asks whether the key is taken, which costs nothing.

# %%
MODEL = "vertex/veo-3.1-fast-generate-001"
wb.missing(MODEL), wb.probe()["vertex"]

# %% [markdown]
# ## The price before anything is sent
#
# `request` checks everything and sends nothing. The price is an estimate, and says where and when its rates
# were read. Put your own into `workbench.toml` in the data folder, and set `WORKBENCH_BUDGET_USD` to cap a
# day.

# %%
model = wb.model(MODEL)
request = wb.request(
    "A lion walks through tall grass at dawn, slow dolly in, documentary style",
    negative_prompt="text, watermark",
    model=MODEL,
    seed=7,
    duration_s=4,
    resolution="720p",
)
f"${model.price(request) / 1e6:.2f}", model.price.told_for(request)

# %% [markdown]
# ## Send it
#
# `submit` writes the run down before the request leaves, and returns its id. `wait` collects it – in this
# process or in any later one, should this one be stopped in between.

# %%
[run] = wb.wait([wb.submit(request)])
run

# %% [markdown]
# ## When no answer comes back
#
# Here the stand-in carries the next request out and cuts the connection instead of answering. Nobody can
# know whether that was charged, so the run is *uncertain* and never sent again by itself.

# %%
vertex.faults.add(Fault(Step.CREATE, "drop_after"))
try:
    wb.generate("A lion drinks at a river at dusk", model=MODEL, seed=8, duration_s=4)
except RunFailed as failed:
    lost = failed.run
lost

# %% [markdown]
# You decide. `wb.close_uncertain(lost.id)` calls it failed; `wb.send_again(lost.id)` sends it once more,
# knowing that it may be charged twice. Where a provider lists its operations (Vertex does not, many servers
# of the `/v1/videos` shape do), `wb.find(lost.id)` shows them, and `wb.adopt_operation(lost.id,
# found.operation)` collects the one that was lost.

# %%
wb.send_again(lost.id)
[again] = wb.wait([lost.id])
again

# %% [markdown]
# ## What it cost
#
# The estimate of each run, and what was billed where the provider says it (Vertex does not).

# %%
frame = wb.runs(model=MODEL).to_dataframe()
frame[["created_at", "prompt", "seed", "status", "latency_s", "estimate_usd", "charge", "emulated", "path"]]

# %%
f"${frame['estimate_usd'].sum():.2f} by the estimates, had it been the service"

# %%
wb.close()
stand_ins.close()
