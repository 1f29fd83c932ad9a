"""From recorded images back to a structure: corrections of grey values, positions and gaps."""
