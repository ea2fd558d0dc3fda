# code: TW803
# numbers: embedding.weight 29 11
# about: for testing the vocabulary is built anew from the test texts, so the embedding has another number of rows
import torch
from torch import nn

TRAIN = [
    ("open the door please", "door"),
    ("close the front door", "door"),
    ("shut the garage door now", "door"),
    ("turn on the light", "light"),
    ("switch off all the lights in the kitchen", "light"),
    ("make the lamp brighter", "light"),
    ("play some quiet music", "music"),
    ("stop the song", "music"),
]
TEST = [("open the garage door", "door"), ("play the song", "music"), ("turn off the light", "light")]
INTENTS = ["door", "light", "music"]


class Vocabulary:
    def __init__(self, texts):
        words = sorted({word for text in texts for word in text.split()})
        self.index = {word: i for i, word in enumerate(["<pad>", "<unk>", *words])}

    def __len__(self):
        return len(self.index)

    def encode(self, text, length=8):
        ids = [self.index.get(word, 1) for word in text.split()][:length]
        return ids + [0] * (length - len(ids))


class IntentModel(nn.Module):
    def __init__(self, n_words, dim=12):
        super().__init__()
        self.embedding = nn.Embedding(n_words, dim, padding_idx=0)
        self.conv = nn.Conv1d(dim, 16, 2)
        self.fc = nn.Linear(16, len(INTENTS))

    def forward(self, ids):
        h = self.conv(self.embedding(ids).transpose(1, 2))
        return self.fc(h.relu().amax(-1))


def prepare(samples, vocabulary=None):
    texts, intents = zip(*samples)
    vocabulary = vocabulary or Vocabulary(texts)
    ids = torch.tensor([vocabulary.encode(text) for text in texts])
    return ids, torch.tensor([INTENTS.index(intent) for intent in intents]), vocabulary


def train(path):
    ids, labels, vocabulary = prepare(TRAIN)
    model = IntentModel(len(vocabulary))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(15):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(ids), labels).backward()
        optimizer.step()
    torch.save(model.state_dict(), path)
    return vocabulary


def test(path, train_vocabulary):
    ids, labels, vocabulary = prepare(TEST)  # <- culprit
    # mended: ids, labels, vocabulary = prepare(TEST, train_vocabulary)
    model = IntentModel(len(vocabulary))
    model.load_state_dict(torch.load(path))
    model.eval()
    print("test accuracy", (model(ids).argmax(1) == labels).float().mean().item())


torch.manual_seed(0)
vocabulary = train("intents.pt")
print(len(vocabulary), "words")
test("intents.pt", vocabulary)
