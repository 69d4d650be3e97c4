"""SGD with momentum: walk downhill, and keep some of your speed.

Training a model means making its loss small by changing its parameters. The gradient of the loss
says in which direction the loss grows fastest, so *gradient descent* takes a small step the other
way:

    p <- p - lr * g

Here p is a parameter (an array of numbers), g the gradient of the loss with respect to p (an array
of the same shape), and lr the *learning rate*. It is called *stochastic* gradient descent, SGD,
when g comes from a few examples drawn at random instead of from all the data (Robbins and Monro,
1951).

Picture the loss as a long, narrow valley. The gradient points mostly at the steep walls and only a
little along the floor, so plain descent bounces from wall to wall and hardly gets forward. A heavy
ball does better. The pushes from the left wall and the right wall cancel, the small pushes along
the floor add up, and it gathers speed. *Momentum* (Polyak, 1964) gives each parameter a memory of
that kind, its *velocity* v.

The rule
--------
At the start v = 0 for every parameter. Then, in each step and for each parameter:

    g <- g + weight_decay * p
    v <- momentum * v + g
    d <- g + momentum * v     if nesterov is true,   otherwise   d <- v
    p <- p - lr * d

In words:

1.  *Weight decay* adds a pull towards zero, which grows with the parameter. It is the gradient of
    the penalty weight_decay / 2 * (sum of p^2), and keeps parameters from growing without need.
2.  The old velocity is damped, momentum = 0.9 keeps nine tenths of it, and the new gradient is
    added whole.
3.  Nesterov's variant (Nesterov, 1983; in this form Sutskever and others, 2013) looks one step
    ahead. The v in this line is the *new* velocity, from the line above.
4.  The parameter moves against the direction d.

This is what `torch.optim.SGD` computes. Some books put the learning rate into the velocity:

    v <- momentum * v - lr * g
    p <- p + v

As long as lr stays the same, that is the same walk, and either way of writing it is accepted.

The class
---------
`SGD([w, b], lr=0.1)` is given the list of parameters once. The arrays may have any shapes, (fan_in,
fan_out) and (fan_out,), say, and each has a velocity of its own shape. `step([gw, gb])` is given
one gradient per parameter, in the same order, and makes one update.

-   `step` changes the parameter arrays *in place*: the model holds the same arrays and so sees the
    new numbers. The line `p = p - lr * d` makes a new array, which the model never sees; `p -= lr *
    d` writes into the old one.
-   `step` changes none of the gradients. They belong to the caller, who may also overwrite them
    before the next step, so do not hold on to them either.
-   Two optimizers know nothing of each other: whatever must be remembered from step to step belongs
    on `self`.

A worked example
----------------
One parameter with two elements, lr = 0.5, momentum = 0.5, and the same gradient (1, -1) three
times:

    step    v = 0.5 * v + g     p = p - 0.5 * v
    start   ( 0,     0   )      ( 1,      2    )
    1       ( 1,    -1   )      ( 0.5,    2.5  )
    2       ( 1.5,  -1.5 )      (-0.25,   3.25 )
    3       ( 1.75, -1.75)      (-1.125,  4.125)

The steps get longer, because the gradient keeps its sign. With momentum = 0 each of them would be
0.5.

>>> w = np.array([1.0, 2.0])
>>> optimizer = SGD([w], lr=0.5, momentum=0.5)
>>> for step in range(3):
...     optimizer.step([np.array([1.0, -1.0])])
...     print(w)
[0.5 2.5]
[-0.25  3.25]
[-1.125  4.125]

Weight decay 0.5 on the parameter 4 with gradient 1: g = 1 + 0.5 * 4 = 3, so p = 4 - 0.5 * 3 = 2.5.

>>> w = np.array([4.0])
>>> SGD([w], lr=0.5, weight_decay=0.5).step([np.array([1.0])])
>>> w
array([2.5])

Not asked: computing gradients, parameters without a gradient, PyTorch's `dampening`, a learning
rate that changes.
"""

import numpy as np


class SGD:
    """Stochastic gradient descent with momentum, weight decay and Nesterov's look-ahead.

    Parameters
    ----------
    params : list of float arrays, any shapes. They are changed in place by `step`.
    lr : the learning rate, greater than 0.
    momentum : the part of the velocity that is kept from step to step, from 0 (plain SGD) to below 1.
    weight_decay : the strength of the pull towards zero, 0 for none.
    nesterov : whether to step along g + momentum * v instead of v.
    """

    def __init__(
        self,
        params: list[np.ndarray],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        self.params = params
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.nesterov = nesterov
        # >>> your code: give every parameter a velocity of its own, zero at the start
        self.velocities = [np.zeros_like(p) for p in params]
        # <<< your code

    def step(self, grads: list[np.ndarray]) -> None:
        """Update every parameter once, in place.

        `grads` holds one gradient per parameter, in the order of `params`, each of its parameter's shape.
        The gradients are only read.
        """
        # >>> your code: update each velocity and each parameter
        for i, (p, g) in enumerate(zip(self.params, grads, strict=True)):
            g = g + self.weight_decay * p
            v = self.momentum * self.velocities[i] + g
            self.velocities[i] = v
            d = g + self.momentum * v if self.nesterov else v
            p -= self.lr * d
        # <<< your code
