"""The Journey Spec as typed values: documents, graphs, criteria, bindings, moments and fields; pure."""
