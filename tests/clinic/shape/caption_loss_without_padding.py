# code: TW209
# numbers: 60 10
# about: the loss is flattened to 60 values per batch, the padding mask still is (6, 10)
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(8)
PAD, BOS, EOS = 0, 1, 2
hp = {"vocab": 35, "emb": 20, "hid": 28, "bs": 6, "lr": 3e-3, "max_words": 9}


def fake_captions(n):
    rows = torch.full((n, hp["max_words"] + 2), PAD)
    for row in rows:
        length = int(torch.randint(3, hp["max_words"] + 1, (1,)))
        row[0] = BOS
        row[1 : length + 1] = torch.randint(3, hp["vocab"], (length,))
        row[length + 1] = EOS
    return rows


class CaptionDecoder(nn.Module):
    def __init__(self, vocab, emb, hid, feat_dim):
        super().__init__()
        self.embed = nn.Embedding(vocab, emb, padding_idx=PAD)
        self.init_h = nn.Linear(feat_dim, hid)
        self.rnn = nn.GRU(emb, hid, batch_first=True)
        self.proj = nn.Linear(hid, vocab)

    def forward(self, feats, words):
        h0 = torch.tanh(self.init_h(feats)).unsqueeze(0)
        out, _ = self.rnn(self.embed(words), h0)
        return self.proj(out)


def masked_ce(logits, target):
    per_word = F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="none")
    valid = (target != PAD).float()  # <- or here
    summed = (per_word * valid).sum()  # <- culprit
    # mended: summed = (per_word * valid.flatten()).sum()
    return summed / valid.sum()


captions = fake_captions(30)
image_feats = torch.randn(30, 16)
decoder = CaptionDecoder(hp["vocab"], hp["emb"], hp["hid"], image_feats.shape[1])
optim = torch.optim.Adam(decoder.parameters(), lr=hp["lr"])

for epoch in range(2):
    history = []
    for start in range(0, len(captions), hp["bs"]):
        words = captions[start : start + hp["bs"]]
        feats = image_feats[start : start + hp["bs"]]
        logits = decoder(feats, words[:, :-1])
        loss = masked_ce(logits, words[:, 1:])
        optim.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optim.step()
        history.append(loss.item())
    print(f"epoch {epoch + 1} | perplexity {torch.tensor(history).mean().exp():.1f}")
