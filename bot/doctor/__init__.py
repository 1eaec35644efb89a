"""`thirdparty-bot doctor`: looks at everything the bot depends on, changes nothing, and says how to mend what is wrong.

`examiner` gathers, with `slack_facts` for what Slack has to be asked; `machine`, `slack` and `people` judge what was
gathered and hold all the words; `report` writes them down.
"""
