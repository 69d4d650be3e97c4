"""The backward rule of the matrix product.

Nearly all the work of a network is one operation: c = a @ b. A layer of 64 neurons applied to a
batch of 32 examples of 100 numbers each is (32, 100) @ (100, 64) -> (32, 64). Given g, the gradient
of c, you compute the gradients of a and b.

Start from one entry, c_ij = sum over k of a_ik * b_kj. The number a_ik is used in every c_ij of row
i, each time with the local derivative b_kj; it receives from all these uses, and what it receives
adds up:

    gradient of a_ik = sum over j of g_ij * b_kj        that is, ga = g @ b^T        (m, n) @ (n, k) -> (m, k)
    gradient of b_kj = sum over i of a_ik * g_ij        that is, gb = a^T @ g        (k, m) @ (m, n) -> (k, n)

Check the shapes: each gradient has the shape of its operand, and no other order of the factors
fits. (For square matrices every order fits, so there the shapes will not warn you.)

Worked example. a = [[1, 2], [3, 4]], b = [[5, 6], [7, 8]], g = [[1, 0], [0, 2]]. Then

    ga = g @ b^T = [[1, 0], [0, 2]] @ [[5, 7], [6, 8]] = [[5, 7], [12, 16]]
    gb = a^T @ g = [[1, 3], [2, 4]] @ [[1, 0], [0, 2]] = [[1, 6], [2, 8]]

>>> a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]])
>>> ga, gb = matmul_vjp(np.array([[1.0, 0.0], [0.0, 2.0]]), a, b)
>>> ga
array([[ 5.,  7.],
       [12., 16.]])
>>> gb
array([[1., 6.],
       [2., 8.]])

NumPy's @ does more than this, and your rule keeps up with it.

*Batches.* All axes before the last two count matrices: (5, 2, 3) @ (5, 3, 4) is five products. They
broadcast: in (5, 2, 3) @ (3, 4) one matrix b serves all five, so its gradient is the sum of five.
Transpose the last two axes only, and sum over the copies: that is sum_to.

*Vectors.* An operand with one axis is a vector. On the left it acts as a matrix with one row, on
the right as a matrix with one column, and that row or column of the result is dropped:

    a        b        treated as           c        g
    (k,)     (k, n)   (1, k) @ (k, n)      (n,)     (n,)
    (m, k)   (k,)     (m, k) @ (k, 1)      (m,)     (m,)
    (k,)     (k,)     (1, k) @ (k, 1)      ()       ()

The gradient of a vector is a vector of the same shape. If a vector meets a batch, it serves all of
its matrices.

>>> ga, gb = matmul_vjp(np.array([1.0, 10.0]), a, np.array([5.0, 7.0]))     # c = a @ v has shape (2,)
>>> ga
array([[ 5.,  7.],
       [50., 70.]])
>>> gb
array([31., 42.])

Not asked: operands with no axes at all (NumPy's @ refuses them), integers.
"""

import numpy as np


def sum_to(g, shape):
    """Undo broadcasting: sum g to the given shape. You wrote it in the previous exercise.

    It is here for matmul_vjp to use; it is not checked by itself.
    """
    raise NotImplementedError("copy your sum_to from the previous exercise")


def matmul_vjp(g, a, b):
    """Gradients of the operands of c = a @ b.

    Parameters
    ----------
    g : array of floats, of the shape of a @ b
        The gradient of c; for two vectors an array of shape ().
    a : array of floats, of shape (..., m, k) or (k,)
    b : array of floats, of shape (..., k, n) or (k,)
        The axes "..." count matrices, and broadcast. No argument is changed.

    Returns
    -------
    two arrays of floats, of the shapes of a and of b
        The gradient of a and the gradient of b.
    """
    raise NotImplementedError("make matrices of vectors, apply the rule, sum to the operands' shapes")
