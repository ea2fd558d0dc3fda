# about: __init__ runs a dummy of one image through BatchNorm (in eval mode) and catches torch's errors to find a size
import torch
from torch import nn


class Classifier(nn.Module):
    def __init__(self, in_shape=(1, 28, 28), classes=5, stages=6):
        super().__init__()
        stages_fit = []
        channels = in_shape[0]
        for k in range(stages):
            stage = nn.Sequential(
                nn.Conv2d(channels, 8 + 4 * k, 3), nn.BatchNorm2d(8 + 4 * k), nn.ReLU(), nn.MaxPool2d(2)
            )
            try:
                self._probe(nn.Sequential(*stages_fit, stage), in_shape)
            except RuntimeError:  # kernel larger than what is left of the image: enough stages
                break
            stages_fit.append(stage)
            channels = 8 + 4 * k
        self.features = nn.Sequential(*stages_fit)
        n = self._probe(self.features, in_shape).numel()
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(n, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, classes))

    @staticmethod
    @torch.no_grad()
    def _probe(net, shape):
        net.eval()
        out = net(torch.zeros(1, *shape))
        net.train()
        return out

    def forward(self, img):
        return self.head(self.features(img))


def main():
    torch.manual_seed(31)
    for shape in [(1, 28, 28), (3, 40, 24)]:
        model = Classifier(shape)
        assert 1 <= len(model.features) < 6
        opt = torch.optim.Adam(model.parameters(), lr=1e-3)
        images, labels = torch.randn(12, *shape), torch.randint(0, 5, (12,))
        loss = nn.CrossEntropyLoss()(model(images), labels)
        loss.backward()
        opt.step()
        model.eval()
        one = model(images[:1])  # a batch of one is fine in eval mode
        print(shape, len(model.features), "stages,", one.argmax(1).item(), round(loss.item(), 3))


if __name__ == "__main__":
    main()
