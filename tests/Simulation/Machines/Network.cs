namespace Mmm.Simulation.Machines;

/// <summary>What happens to single messages.</summary>
/// <param name="Loss">Probability that one is lost.</param>
/// <param name="Doubled">Probability that one comes twice.</param>
/// <param name="Slow">Probability that one is late.</param>
/// <param name="Latest">How late at most.</param>
internal sealed record Weather(double Loss, double Doubled, double Slow, TimeSpan Latest)
{
    public static readonly Weather Fair = new(0, 0, 0, TimeSpan.Zero);
}

/// <summary>Messages between machines: lost, doubled, late, out of order, or cut off by a partition of whatever shape.</summary>
internal sealed class Network(World world, int nodes)
{
    private readonly int[,] _cuts = new int[nodes, nodes];

    public int Nodes => nodes;

    public Weather Weather { get; set; } = Weather.Fair;

    /// <summary>One way. Cuts add up: each has to be mended.</summary>
    public void Cut(int from, int to) => _cuts[from, to]++;

    public void Mend(int from, int to) => _cuts[from, to]--;

    public void MendAll()
    {
        Array.Clear(_cuts);
        Weather = Weather.Fair;
    }

    public bool Open(int from, int to) => from == to || _cuts[from, to] == 0;

    public bool BothWays(int a, int b) => Open(a, b) && Open(b, a);

    /// <summary>Sends; <paramref name="take"/> runs in the receiver when and if it arrives.</summary>
    public void Send(int from, SimProcess to, Action take)
    {
        if (from == to.Node)
        {
            // A later event, never inside the sender's.
            world.After(TimeSpan.FromTicks(100), () => to.Deliver(take));
            return;
        }

        if (!Open(from, to.Node))
            return;
        for (int copies = world.Chance(Weather.Doubled) ? 2 : 1; copies > 0; copies--)
        {
            if (!world.Chance(Weather.Loss))
                world.After(Delay(), () => to.Deliver(take));
        }
    }

    private TimeSpan Delay() => world.Chance(Weather.Slow) ? world.Upto(Weather.Latest) : world.Between(0.0002, 0.003);
}
