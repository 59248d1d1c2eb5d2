# SPDX-License-Identifier: MIT
"""A broker of our own and a simulated plant, for a first start without a broker at hand.

The program starts one guard process and holds a pipe to it; the guard holds the broker and the simulator. When the
pipe closes – on purpose or because the program was killed – the guard ends them. So nothing outlives the program.
"""
