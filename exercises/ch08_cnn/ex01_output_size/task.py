"""The size of a convolution's output.

A convolution lays a small window, the *kernel*, on the image, computes one number from the pixels
under it, moves the kernel along, and computes the next number. Pooling does the same. So before
anything is computed we can ask: how many numbers come out? It is the first thing to know when
layers are put one after another, and the usual cause of the message that two shapes do not fit.

Rows and columns are counted separately and in the same way, so one line of pixels is enough to
think about. Four settings matter:

    kernel     how many pixels of the line the kernel looks at
    stride     how many pixels it moves on each time; 2 makes the output about half as long
    padding    how many pixels (zeros, usually) are added at *each* of the two ends
    dilation   how far apart the pixels are that it looks at; 1 means side by side

Here is a line of 7 pixels, a to g, with padding 1 (the dots), kernel 3 and stride 2. Four positions
of the kernel fit, so 4 numbers come out:

     . a b c d e f g .
    [. a b]
        [b c d]
            [d e f]
                [f g .]

With dilation d the first and the last pixel that the kernel looks at are d * (kernel - 1) apart, so
that it covers d * (kernel - 1) + 1 pixels. Here is kernel 3 with dilation 2; it looks at a, c and e
and covers 5:

     a b c d e f g
    [a . c . e]

The formula
-----------
Put the kernel at the left end. As many pixels are then left over on its right as

    room = size + 2 * padding - (dilation * (kernel - 1) + 1)

and it can move on once for each whole stride in that room. The position at the start counts too:

    output = floor(room / stride) + 1

What is left of the room after the last whole stride is not looked at. If room is negative, the
kernel does not fit at all, and there is no output size: raise a `ValueError`.

(V. Dumoulin and F. Visin, *A guide to convolution arithmetic for deep learning*, 2016; the formula
is also in the documentation of `torch.nn.Conv2d`.)

Worked examples
---------------
The line above: room = 7 + 2 - 3 = 6, and 6 / 2 + 1 = 4.

>>> output_size(7, kernel=3, stride=2, padding=1)
4

The first layer of ResNet (He and others, 2015) makes 112 x 112 of 224 x 224 pixels. The room is
224 + 6 - 7 = 223, and 223 / 2 = 111.5: the last half stride is dropped, the position at the start
is added.

>>> output_size(224, kernel=7, stride=2, padding=3)
112

With dilation 2, a kernel of 3 covers 5 pixels: room = 7 - 5 = 2, so there are 3 positions.

>>> output_size(7, kernel=3, dilation=2)
3

A kernel of 5 on 4 pixels does not fit:

>>> output_size(4, kernel=5)
Traceback (most recent call last):
    ...
ValueError: a kernel that covers 5 pixels does not fit on 4

All the numbers are whole, with size, kernel, stride and dilation at least 1 and padding at least 0.
The result is a whole number too, an int. Not asked: checking for other values.
"""


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return at how many positions the kernel fits; all sizes are in pixels.

    Raises
    ------
    ValueError
        If the kernel covers more pixels than there are, padding included.
    """
    raise NotImplementedError("the room that is left, then the number of positions")
