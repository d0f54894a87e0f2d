"""`cw-bot doctor`: looks at everything that a bot stands on, and says what is wrong and how to mend it.

Each check is a function that reports findings as it comes upon them. They run side by side, each within a time of its
own, so that one which hangs or fails takes nothing from the others. Nothing here changes anything: no key is made, no
check value remembered, no socket taken.
"""
