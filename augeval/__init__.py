"""Does this augmentation help my model, and how much of it is too much?"""
