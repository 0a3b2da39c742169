using System.Security.Cryptography;

namespace OrleansRegistry.ClusterTests;

/// <summary>
/// Whether there is an order in which the operations of one model, each at some instant between its call and its answer, one at a
/// time, explain all that was answered. Wing and Gong's search as Lowe improved it ("Testing for linearizability", 2017): what was tried
/// is remembered as the set of operations done and the state they led to. An operation with an unknown outcome is done, or never is.
/// </summary>
internal static class Linearizability
{
    /// <summary>Null when there are such orders for the model and for its alias, else the first answer that no order explains.</summary>
    public static Operation? Check(IReadOnlyList<Operation> history) => Check<ModelSpec>(history) ?? Check<AliasSpec>(history);

    private static Operation? Check<TSpec>(IReadOnlyList<Operation> history)
        where TSpec : class, ISpec<TSpec>
    {
        var (head, nodes) = Build(history.Where(operation => TSpec.Concerns(operation.Verb)));
        HashSet<UInt128> tried = [];
        Stack<(Node Call, TSpec Before, bool Skipped)> done = [];
        var state = TSpec.Empty;
        UInt128 set = 0;
        var furthest = default(Operation);
        var (entry, maySkipOnly) = (head.Next, false);
        while (head.Next is not null)
        {
            if (entry is { IsCall: true } call)
            {
                if (TryStep(call, state, set, maySkipOnly, tried) is var (next, skipped) && next is not null)
                {
                    done.Push((call, state, skipped));
                    (state, set) = (next, set ^ call.Hash);
                    call.Lift();
                    (entry, maySkipOnly) = (head.Next, false);
                }
                else
                {
                    (entry, maySkipOnly) = (call.Next, false);
                }

                continue;
            }

            // An answer before which its operation was not done: something before it must have been another way.
            if (entry is { } answer && (furthest is null || answer.Operation.AnsweredAt > furthest.AnsweredAt))
            {
                furthest = answer.Operation;
            }

            if (!done.TryPop(out var last))
            {
                return furthest;
            }

            last.Call.Unlift();
            (state, set) = (last.Before, set ^ last.Call.Hash);
            (entry, maySkipOnly) = last.Skipped ? (last.Call.Next, false) : (last.Call, true);
        }

        return null;
    }

    /// <summary>The state after an operation, and whether it was left out; a null state when it can't be next, or was tried to no avail.</summary>
    private static (TSpec? Next, bool Skipped) TryStep<TSpec>(
        Node call, TSpec state, UInt128 set, bool maySkipOnly, HashSet<UInt128> tried)
        where TSpec : class, ISpec<TSpec>
    {
        if (!maySkipOnly && state.Apply(call.Operation) is { } next && tried.Add(set ^ call.Hash ^ next.Fingerprint))
        {
            return (next, false);
        }

        return call.Operation.Told == Told.Unknown && tried.Add(set ^ call.Hash ^ state.Fingerprint) ? (state, true) : (null, false);
    }

    private static (Node Head, List<Node> Nodes) Build(IEnumerable<Operation> history)
    {
        List<Node> nodes = [];
        foreach (var operation in history)
        {
            var answer = new Node(operation, isCall: false);
            nodes.Add(new Node(operation, isCall: true) { Answer = answer });
            nodes.Add(answer);
        }

        // At one instant calls come first: they may overlap with what is answered then.
        nodes.Sort((one, other) => (one.At, other.IsCall).CompareTo((other.At, one.IsCall)));
        var head = new Node(new Operation { Verb = Verb.Look, Told = Told.Unknown, CalledAt = 0, AnsweredAt = 0 }, isCall: false);
        var last = head;
        foreach (var node in nodes)
        {
            (last.Next, node.Previous) = (node, last);
            last = node;
        }

        return (head, nodes);
    }

    /// <summary>A call or an answer, in the order of time; those of operations that are done are lifted out.</summary>
    private sealed class Node(Operation operation, bool isCall)
    {
        public Operation Operation => operation;

        public bool IsCall => isCall;

        public long At => isCall ? operation.CalledAt : operation.AnsweredAt;

        /// <summary>What the operation adds to the set of those done: random bits, so that two sets are the same only by a miracle.</summary>
        public UInt128 Hash { get; } = BitConverter.ToUInt128(RandomNumberGenerator.GetBytes(16));

        public Node? Answer { get; init; }

        public Node? Next { get; set; }

        public Node? Previous { get; set; }

        public void Lift()
        {
            Out();
            Answer!.Out();
        }

        public void Unlift()
        {
            Answer!.In();
            In();
        }

        private void Out()
        {
            Previous!.Next = Next;
            Next?.Previous = Previous;
        }

        private void In()
        {
            Previous!.Next = this;
            Next?.Previous = this;
        }
    }
}
