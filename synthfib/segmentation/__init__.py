"""Tell solid from pore in image stacks: classical and learned methods behind one contract."""
