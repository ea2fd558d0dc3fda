# code: TW216
# numbers: 36 24
# about: the image regions have 36 values, the attention was built for 24 (kdim and vdim are missing)
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class VisualQuestions(Dataset):
    def __init__(self, n=24):
        torch.manual_seed(13)
        self.regions = torch.rand(n, 9, 36)
        self.questions = torch.randint(1, 40, (n, 6))
        self.answers = torch.randint(0, 5, (n,))

    def __len__(self):
        return self.answers.numel()

    def __getitem__(self, k):
        return (self.regions[k], self.questions[k]), self.answers[k]


class CrossModalLayer(nn.Module):
    def __init__(self, text_dim, image_dim, heads):
        super().__init__()
        self.image_dim = image_dim
        self.attend = nn.MultiheadAttention(text_dim, heads, batch_first=True)  # <- culprit
        # mended: self.attend = nn.MultiheadAttention(text_dim, heads, kdim=image_dim, vdim=image_dim, batch_first=True)
        self.norm = nn.LayerNorm(text_dim)
        self.feed = nn.Sequential(nn.Linear(text_dim, 48), nn.ReLU(), nn.Linear(48, text_dim))

    def forward(self, words, regions):
        seen, weights = self.attend(words, regions, regions)
        words = self.norm(words + seen)
        return words + self.feed(words), weights


class AnswerNet(nn.Module):
    def __init__(self, vocab=40, text_dim=24, image_dim=36, answers=5, depth=2):
        super().__init__()
        self.words = nn.Embedding(vocab, text_dim, padding_idx=0)
        self.layers = nn.ModuleList(CrossModalLayer(text_dim, image_dim, heads=4) for _ in range(depth))
        self.answer = nn.Linear(text_dim, answers)

    def forward(self, regions, question):
        h, maps = self.words(question), []
        for layer in self.layers:
            h, weights = layer(h, regions)
            maps.append(weights)
        return self.answer(h.mean(1)), torch.stack(maps)


def main(epochs=2):
    loader = DataLoader(VisualQuestions(), batch_size=8, shuffle=True)
    net = AnswerNet()
    opt = torch.optim.NAdam(net.parameters(), lr=2e-3)
    for epoch in range(epochs):
        correct = 0
        for (regions, question), answer in loader:
            logits, maps = net(regions, question)
            loss = nn.functional.cross_entropy(logits, answer)
            opt.zero_grad()
            loss.backward()
            opt.step()
            correct += (logits.argmax(1) == answer).sum().item()
        print(f"epoch {epoch}: {correct}/{len(loader.dataset)} right, maps {tuple(maps.shape)}")


main()
