"""RMSprop: give every number a step of its own size.

Plain gradient descent has one learning rate for all the numbers of a model. But their gradients can
differ a thousandfold: a rate that is right for the one is far too large, or far too small, for the
other. RMSprop (Tieleman and Hinton, 2012, lecture 6.5 of *Neural Networks for Machine Learning*)
divides each number's gradient by the size that this gradient has had lately. What is left is about
1, whatever the size was, and so every number moves at about the same pace.

"The size it has had lately" is the root of the mean of the squares, which gives the method its
name: RMS. Remembering all the old gradients would take too much memory. So we keep one number v for
each, a *running average* of the squares: at each step, forget a little of the old average and mix
in the new square.

The rule
--------
At the start v = 0 for every parameter. Then, in each step and for each parameter, element by
element:

    g <- g + weight_decay * p
    v <- alpha * v + (1 - alpha) * g^2
    p <- p - lr * g / (sqrt(v) + eps)

In words:

1.  *Weight decay* adds a pull towards zero, which grows with the parameter; it is then treated as a
    part of the gradient, also in v.
2.  alpha = 0.99 keeps 99 hundredths of the old average and takes in one hundredth of the new
    square.
3.  The step is measured against the *new* v. The small number eps stands outside the root. It keeps
    us from dividing by zero, and it fixes the scale below which a gradient counts as small.

This is what `torch.optim.RMSprop` computes. (Some other libraries write sqrt(v + eps). With eps =
1e-8 and v = 0 that divides by 1e-4 instead of 1e-8, so the difference is not a small one.)

A word on units. In plain descent lr * g must have the unit of p. Here g / sqrt(v) is a pure number,
so that lr itself has the unit of p: it says how far a parameter moves in one step.

The class
---------
`RMSprop([w, b], lr=0.01)` is given the list of parameters once. The arrays may have any shapes, and
each has a running average of its own shape. `step([gw, gb])` is given one gradient per parameter,
in the same order, and makes one update.

-   `step` changes the parameter arrays *in place*: write `p -= ...`, not `p = p - ...`, which makes
    a new array.
-   `step` changes none of the gradients. They belong to the caller.
-   Two optimizers know nothing of each other: whatever must be remembered from step to step belongs
    on `self`.

A worked example
----------------
With alpha = 0.75 a quarter of the new square is taken in, so after the first step sqrt(v) is half
of |g|. Take lr = 0.5, eps = 1 (far larger than usual, so that we see it) and the gradients 2 and -6
for two numbers that start at 5:

    v = 0.25 * 2^2 = 1     p = 5 - 0.5 * 2 / (1 + 1) = 4.5
    v = 0.25 * 6^2 = 9     p = 5 + 0.5 * 6 / (3 + 1) = 5.75

>>> w = np.array([5.0, 5.0])
>>> optimizer = RMSprop([w], lr=0.5, alpha=0.75, eps=1.0)
>>> optimizer.step([np.array([2.0, -6.0])])
>>> w
array([4.5 , 5.75])

Then comes a step with the gradient 2 for the first number and nothing for the second:

    v = 0.75 * 1 + 0.25 * 4 = 1.75     p = 4.5 - 0.5 * 2 / (1.3229 + 1) = 4.0695
    v = 0.75 * 9 + 0.25 * 0 = 6.75     p = 5.75 - 0 = 5.75

>>> optimizer.step([np.array([2.0, 0.0])])
>>> print(w.round(4))
[4.0695 5.75  ]

With the usual tiny eps, gradients of 4 and of 0.0004 make the same step, 0.01 / sqrt(1 - 0.99) =
0.1:

>>> w = np.array([1.0, 1.0])
>>> RMSprop([w], lr=0.01).step([np.array([4.0, 0.0004])])
>>> print(w.round(4))
[0.9 0.9]

Not asked: computing gradients, parameters without a gradient, momentum, the centred variant.
"""

import numpy as np


class RMSprop:
    """Gradient descent with each gradient divided by the root of the running mean of its squares.

    Parameters
    ----------
    params : list of float arrays, any shapes. They are changed in place by `step`.
    lr : the learning rate, greater than 0, in the unit of the parameters.
    alpha : the part of the running average that is kept from step to step, from 0 to below 1.
    eps : a small number greater than 0, added to the root.
    weight_decay : the strength of the pull towards zero, 0 for none.
    """

    def __init__(
        self,
        params: list[np.ndarray],
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.params = params
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.weight_decay = weight_decay
        raise NotImplementedError("give every parameter a running average of its own, zero at the start")

    def step(self, grads: list[np.ndarray]) -> None:
        """Update every parameter once, in place.

        `grads` holds one gradient per parameter, in the order of `params`, each of its parameter's shape.
        The gradients are only read.
        """
        raise NotImplementedError("update each running average and each parameter")
