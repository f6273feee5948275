"""Requests that no skill serves, made from patterns of our own.

They show the model in training what its energy must be low for. None comes from a data set: the
figures on real out-of-scope requests are on texts of another kind.
"""

from __future__ import annotations

import numpy as np

_SLOTS: dict[str, tuple[str, ...]] = {
    "thing": (
        "bridge", "toaster", "violin", "candle", "ladder", "carpet", "mirror", "umbrella", "zipper",
        "wrench", "pillow", "curtain", "kettle", "hammer", "bicycle", "tent", "canoe", "chimney",
        "fence", "lantern", "typewriter", "telescope", "compass", "battery", "magnet", "balloon",
        "engine", "doorknob", "stapler", "garden hose", "lawn mower", "washing machine", "dishwasher",
        "ceiling fan", "skateboard", "snow shovel", "sewing machine", "fire hydrant", "drum kit",
    ),
    "things": (
        "volcanoes", "mirrors", "glaciers", "magnets", "rainbows", "tides", "batteries", "bridges",
        "submarines", "satellites", "windmills", "elevators", "fireworks", "earthquakes", "diamonds",
        "fossils", "hurricanes", "deserts", "caves", "coral reefs", "sunspots", "comets", "clouds",
        "vaccines", "antibiotics", "muscles", "neurons", "enzymes", "glasses", "knots", "locks",
    ),
    "animal": (
        "octopus", "penguin", "giraffe", "hedgehog", "owl", "salmon", "beetle", "parrot", "camel",
        "tortoise", "squirrel", "dolphin", "spider", "wolf", "goat", "hamster", "eagle", "crab",
    ),
    "person": (
        "napoleon", "cleopatra", "shakespeare", "mozart", "newton", "darwin", "picasso", "gandhi",
        "beethoven", "galileo", "tolstoy", "aristotle", "lincoln", "marie curie", "da vinci",
        "the queen", "the pope", "the president", "the mayor", "that actor", "the lead singer",
    ),
    "place": (
        "norway", "egypt", "brazil", "japan", "the roman empire", "ireland", "vietnam", "antarctica",
        "siberia", "the himalayas", "kenya", "peru", "the middle ages", "scotland", "mongolia",
    ),
    "part": (
        "filter", "belt", "hinge", "fuse", "gasket", "lever", "spring", "handle", "valve", "blade",
        "pedal", "chain", "pump", "switch", "lid", "screw", "hose", "seal", "motor", "spark plug",
    ),
    "subject": (
        "algebra", "philosophy", "quantum physics", "medieval art", "grammar", "geometry", "botany",
        "economics", "opera", "architecture", "chemistry", "astronomy", "linguistics", "sociology",
        "carpentry", "calligraphy", "poetry", "genetics", "metallurgy", "politics", "mythology",
    ),
    "game": (
        "chess", "tennis", "poker", "rugby", "golf", "cricket", "hockey", "volleyball", "checkers",
        "dominoes", "badminton", "baseball", "fencing", "archery", "snooker", "curling",
    ),
    "stain": ("wine", "grass", "ink", "coffee", "paint", "rust", "grease", "mud", "blood", "wax"),
    "surface": (
        "a couch", "wood", "marble", "leather", "silk", "concrete", "a wall", "a jacket", "glass",
        "my shirt", "the carpet", "denim", "tiles", "a mattress",
    ),
    "food": (
        "cheese", "bread", "yogurt", "garlic", "honey", "chocolate", "vinegar", "butter", "tofu",
        "mushrooms", "mustard", "pickles", "popcorn", "soy sauce", "olive oil", "jam",
    ),
    "job": (
        "a plumber", "a judge", "an architect", "a pilot", "a nurse", "a welder", "a librarian",
        "a surgeon", "a firefighter", "an astronaut", "a baker", "a senator", "a translator",
    ),
    "body": ("knee", "ear", "thumb", "back", "shoulder", "ankle", "tooth", "elbow", "neck", "eyelid"),
    "quality": (
        "heavy", "old", "deep", "expensive", "tall", "fast", "loud", "dangerous", "rare", "strong",
        "bright", "cold", "popular", "wide", "hard", "common",
    ),
    "year": ("1066", "1492", "1789", "1812", "1914", "1945", "1969", "1989", "2003"),
    "material": ("steel", "rubber", "cotton", "bronze", "plastic", "paper", "wool", "cement", "silver"),
    "feeling": ("tired", "shy", "nervous", "lonely", "dizzy", "jealous", "bored", "restless", "sad"),
}  # fmt: skip

_PATTERNS = (
    "who invented the {thing}", "when was the {thing} invented", "what is the history of the {thing}",
    "how does a {thing} work", "how do {things} form", "why do {things} happen",
    "what causes {things}", "how are {things} made", "who first described {things}",
    "why are {things} {quality}", "explain {things} to me", "what is the difference between {things} and {things}",
    "how long does an {animal} live", "what does a {animal} eat", "why does the {animal} sleep so much",
    "is a {animal} smarter than a {animal}", "how {quality} is a {animal}", "can a {animal} swim",
    "where do {animal}s come from", "which {animal} is the most {quality}",
    "who was {person}", "when did {person} die", "where was {person} born", "what did {person} write",
    "did {person} ever visit {place}", "what was {person} famous for", "how old was {person} in {year}",
    "who was {person} married to", "what did {person} think about {subject}", "is {person} overrated",
    "what language do they speak in {place}", "what happened in {place} in {year}",
    "who ruled {place} in {year}", "what is {place} known for", "how did {place} get its name",
    "what do people wear in {place}", "is {place} bigger than {place}", "who discovered {place}",
    "what are the laws about {things} in {place}", "why did they fight over {place}",
    "how do i replace the {part} on my {thing}", "where is the {part} on a {thing}",
    "what size {part} does my {thing} need", "my {thing} has a broken {part}", "how do i clean the {part}",
    "why is the {part} making noise", "how much does a new {part} cost", "can i fix a {part} myself",
    "what tool do i need to remove the {part}", "is it safe to use a {thing} without a {part}",
    "what is the best brand of {thing}", "where can i buy a cheap {thing}", "how much does a {thing} weigh",
    "should i buy a {thing} or a {thing}", "what year was this {thing} made", "how do you paint a {thing}",
    "what is the hardest part of {subject}", "who is the father of {subject}", "why should i study {subject}",
    "what does {subject} teach us", "give me an overview of {subject}", "is {subject} useful",
    "which university is best for {subject}", "what is the oldest theory in {subject}",
    "how many players are on a {game} team", "who won the {game} championship in {year}",
    "what are the rules of {game}", "who is the best {game} player ever", "how long is a {game} match",
    "what do you call a tie in {game}", "why is {game} so popular in {place}", "what shoes do i need for {game}",
    "how do i get {stain} out of {surface}", "will {stain} damage {surface}", "what removes {stain} from {surface}",
    "how do you polish {surface}", "what is {surface} made of", "how do i glue {material} to {material}",
    "is {food} good for my {body}", "can i feed {food} to a {animal}", "who invented {food}",
    "where does {food} come from", "why does {food} taste like that", "does {food} go bad", "is {food} vegan",
    "how do i become {job}", "how much does {job} make", "what does {job} do all day",
    "what should i ask {job}", "is being {job} {quality}", "why does my {body} hurt", "how do i stretch my {body}",
    "what does it mean if my {body} is swollen", "which doctor treats the {body}", "why am i so {feeling}",
    "what should i do when i feel {feeling}", "is it normal to be {feeling} in winter",
    "is {material} stronger than {material}", "how is {material} recycled", "what melts {material}",
    "who makes the most {material}", "why does {material} rust", "what is {material} used for",
    "what won best picture in {year}", "what was the biggest news in {year}", "who was president in {year}",
    "what is the most {quality} {thing} in the world", "how {quality} is the {thing}", "what makes a {thing} {quality}",
    "do you think {things} are {quality}", "what is your opinion on {subject}", "why do people like {game}",
    "who wrote the book about the {animal}", "what is the plot of the movie about {person}",
    "which company makes the {thing}", "who owns the company that makes {food}", "what is the logo of that {thing} company",
    "how many {things} are there", "what is the chemical formula of {material}", "what is the boiling point of {food}",
    "tell me about the economy of {place}", "tell me about {person}", "tell me how {things} work",
    "i want to know why {things} exist", "i wonder who built the first {thing}", "any idea what {part} this is",
    "describe the life of a {animal}", "compare {place} and {place}", "prove that {things} are real",
    "what comes after {subject} in school", "how do you spell {subject} backwards", "how hard is it to learn {subject}",
    "what are the side effects of {food}", "what is a good slogan for a {thing}", "who should win the election",
    "how do i teach a {animal} to sit", "where do they make {material}", "how do i tie a {thing} to a car",
    "what insurance does {job} need", "is it legal to own a {animal}", "how do i return a {thing} without a receipt",
    "what is the warranty on this {thing}", "what are the symptoms of a bad {part}", "how often should i change the {part}",
    "why was {person} angry with {person}", "how far can a {animal} jump", "what sound does a {animal} make in {place}",
)  # fmt: skip


def synthetic(rng: np.random.Generator) -> str:
    """One request that no skill serves."""
    text = _PATTERNS[rng.integers(len(_PATTERNS))]
    while "{" in text:
        before, _, rest = text.partition("{")
        slot, _, after = rest.partition("}")
        values = _SLOTS[slot]
        text = before + values[rng.integers(len(values))] + after
    return text


def synthetic_texts(count: int, seed: int) -> list[str]:
    """``count`` distinct requests, the same for a seed."""
    rng = np.random.default_rng(seed)
    made: dict[str, None] = {}
    while len(made) < count:
        made[synthetic(rng)] = None
    return list(made)
