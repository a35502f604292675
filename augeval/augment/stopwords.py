"""English words that carry grammar rather than content: no synonym is looked up for them.

Written for this package. Beside function words it holds negations, numbers, days and months, whose nearest words are
other negations, numbers, days and months, and modals, whose commonest sense in WordNet is another word's ("might").
"""

from __future__ import annotations

__all__ = ["STOP_WORDS"]

_DETERMINERS = """
a an the this that these those some any each every either neither both all half many much more most few fewer less
least several enough such other others another same own certain no not none nor never nothing nobody nowhere cannot
"""
_PRONOUNS = """
i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers
herself it its itself they them their theirs themselves one ones oneself someone somebody something anyone anybody
anything everyone everybody everything who whom whose which what whoever whatever whichever
"""
_AUXILIARIES = """
am is are was were be been being do does did doing done have has had having can could may might must shall should
will would ought need dare used going gonna wanna gotta
"""
_PREPOSITIONS = """
about above across after against along amid among around as at before behind below beneath beside besides between
beyond by despite down during except for from in inside into like near of off on onto opposite out outside over past
per since than through throughout till to toward towards under underneath until up upon versus vs via with within
without
"""
_CONNECTIVES = """
and or but if because although though while whereas unless whether so then else when where why how here there now
again also too very just only even ever still yet already quite rather almost perhaps maybe however therefore thus
hence instead otherwise moreover furthermore once twice always
"""
_NUMBERS = """
zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion first second third
fourth fifth sixth seventh eighth ninth tenth monday tuesday wednesday thursday friday saturday sunday january
february march april june july august september october november december
"""
_CONTRACTIONS = """
i'm you're he's she's it's we're they're i've you've we've they've i'll you'll he'll she'll it'll we'll they'll i'd
you'd he'd she'd we'd they'd that's there's here's what's who's where's how's let's isn't aren't wasn't weren't
don't doesn't didn't haven't hasn't hadn't can't couldn't won't wouldn't shouldn't mustn't mightn't needn't ain't s
t d m re ve ll n't etc
"""
_ALL = (_DETERMINERS, _PRONOUNS, _AUXILIARIES, _PREPOSITIONS, _CONNECTIVES, _NUMBERS, _CONTRACTIONS)

STOP_WORDS = frozenset(word for group in _ALL for word in group.split())
