"""Pictures of how a model does, as SVG: drawn by small functions, styled by classes, readable without colour."""
