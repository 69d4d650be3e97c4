"""Adam: momentum and RMSprop in one, and a start that is not biased.

Adam (Kingma and Ba, 2015) is the optimizer that most networks are trained with. It takes from
momentum the average of the gradients, which evens out the noise, and from RMSprop the average of
their squares, which gives each number a step of its own size. (The name comes from "adaptive
moments"; the first moment is the mean, the second the mean square.)

Both averages are running averages that start at 0, and that makes them too small for a while. Take
the mean m of gradients that are always 1, with beta1 = 0.9:

    after step 1    m = 0.9 * 0    + 0.1 * 1 = 0.1
    after step 2    m = 0.9 * 0.1  + 0.1 * 1 = 0.19
    after step 3    m = 0.9 * 0.19 + 0.1 * 1 = 0.271
    after step t    m = 1 - 0.9^t

Divided by 1 - 0.9^t, each of them is 1, as it should be. What this *bias correction* gives is just
the weighted mean of all the gradients so far, where each weighs 0.9 times as much as the next. It
matters most in the first steps, and longest for the squares, where beta2 = 0.999.

The rule
--------
At the start t = 0, and m = v = 0 for every parameter. In each step t grows by one, once for all the
parameters. Then, for each parameter, element by element:

    g <- g + weight_decay * p
    m <- beta1 * m + (1 - beta1) * g
    v <- beta2 * v + (1 - beta2) * g^2
    m_hat = m / (1 - beta1^t)
    v_hat = v / (1 - beta2^t)
    p <- p - lr * m_hat / (sqrt(v_hat) + eps)

In words:

1.  *Weight decay* adds a pull towards zero, which grows with the parameter; it is then treated as a
    part of the gradient. (AdamW, another optimizer, keeps it apart.)
2.  m and v are the running averages of the gradient and of its square. They are kept for the next
    step as they are, without the correction.
3.  m_hat and v_hat are corrected for the start at 0. They serve this step only.
4.  eps stands outside the root, and is added to the corrected one.

This is what `torch.optim.Adam` computes.

In the first step m_hat = g and v_hat = g^2, so that the step is lr * g / |g|: every number moves by
lr, whether its gradient is large or small (and stays where it is if the gradient is 0). So lr has
the unit of the parameters, and says about how far they go in one step.

The class
---------
`Adam([w, b], lr=0.001)` is given the list of parameters once. The arrays may have any shapes, and
each has averages of its own shape. `step([gw, gb])` is given one gradient per parameter, in the
same order, and makes one update.

-   `step` changes the parameter arrays *in place*: write `p -= ...`, not `p = p - ...`, which makes
    a new array.
-   `step` changes none of the gradients. They belong to the caller.
-   Two optimizers know nothing of each other: whatever must be remembered from step to step belongs
    on `self`.

A worked example
----------------
Two numbers, both 1 at the start, lr = 0.1, and the first gradients 4 and -0.04. Each moves by 0.1,
against its gradient:

>>> w = np.array([1.0, 1.0])
>>> optimizer = Adam([w], lr=0.1)
>>> optimizer.step([np.array([4.0, -0.04])])
>>> print(w.round(4))
[0.9 1.1]

Now the gradient of the first is 0, and it goes on all the same, because m remembers:

    m = 0.9 * 0.4     + 0.1 * 0   = 0.36        m_hat = 0.36     / (1 - 0.9^2)   = 1.8947
    v = 0.999 * 0.016 + 0.001 * 0 = 0.015984    v_hat = 0.015984 / (1 - 0.999^2) = 7.9960
    p = 0.9 - 0.1 * 1.8947 / sqrt(7.9960) = 0.9 - 0.0670 = 0.8330

The second number is given the same gradient as before, so it makes the same step as before.

>>> optimizer.step([np.array([0.0, -0.04])])
>>> print(w.round(4))
[0.833 1.2  ]

Not asked: computing gradients, parameters without a gradient, AMSGrad, a learning rate that
changes.
"""

import numpy as np


class Adam:
    """Gradient descent along the mean gradient, measured against the root of the mean square.

    Parameters
    ----------
    params : list of float arrays, any shapes. They are changed in place by `step`.
    lr : the learning rate, greater than 0, in the unit of the parameters.
    betas : (beta1, beta2), the parts of the two running averages that are kept from step to step,
        each from 0 to below 1.
    eps : a small number greater than 0, added to the root.
    weight_decay : the strength of the pull towards zero, 0 for none.
    """

    def __init__(
        self,
        params: list[np.ndarray],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.params = params
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        # >>> your code: the step count, and two running averages for every parameter
        self.t = 0
        self.means = [np.zeros_like(p) for p in params]
        self.squares = [np.zeros_like(p) for p in params]
        # <<< your code

    def step(self, grads: list[np.ndarray]) -> None:
        """Update every parameter once, in place.

        `grads` holds one gradient per parameter, in the order of `params`, each of its parameter's shape.
        The gradients are only read.
        """
        # >>> your code: count the step, then update the averages and each parameter
        beta1, beta2 = self.betas
        self.t += 1
        for i, (p, g) in enumerate(zip(self.params, grads, strict=True)):
            g = g + self.weight_decay * p
            m = beta1 * self.means[i] + (1 - beta1) * g
            v = beta2 * self.squares[i] + (1 - beta2) * g**2
            self.means[i], self.squares[i] = m, v
            m_hat = m / (1 - beta1**self.t)
            v_hat = v / (1 - beta2**self.t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        # <<< your code
