"""Images out of the user's files.

Data sets with a training and a test part (`open_part`):

- .npz with `x_train`, `y_train`, `x_test`, `y_test`, uint8, as Keras distributes them
- .npz of JPEG files end to end: `jpeg_train`, `offset_train` (image i is the bytes `offset[i]` to `offset[i + 1]`),
  `y_train`, and the same for the test part
- a folder of the four IDX files of MNIST, compressed (.gz) or not
- a folder of the binary version of CIFAR-10 (data_batch_1.bin, ..., test_batch.bin)
- a folder with the folders `train` and `test`, in each of them a folder of pictures for each class

Samples (`read_samples`):

- a picture (.png, .jpg, .bmp, ...), a folder of pictures, or a folder with a folder of pictures for each class
- .npz or .h5 with `x` and perhaps `y`, .npy with x alone; a single IDX file or CIFAR-10 batch; a part of a data set

Nothing is unpickled, and nothing is resized.
"""

from .kind import Kind
from .opening import holds_parts, open_part, read_samples
from .part import Part
from .places import find_data
from .samples import Samples

__all__ = ["Kind", "Part", "Samples", "find_data", "holds_parts", "open_part", "read_samples"]
