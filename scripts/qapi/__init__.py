# SPDX-License-Identifier: GPL-2.0-or-later
"""Generator of the typed interface (docs/devel/qapi.md)."""
