"""Viewers: tokens, seats as rows, traits. Pure; what is stored is the store's business."""
