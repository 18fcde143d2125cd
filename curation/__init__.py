"""The trainers' workbench: what the bot missed becomes data, checked, trained on, compared and put live by a person."""
