using System.Diagnostics;
using System.Globalization;

namespace Mmm.Simulation.Running;

/// <summary>Options of the simulator, and what it prints.</summary>
internal static class CommandLine
{
    private const string Usage = """
        Runs the lease, failsafe and ledger machines of Mmm.Actors in a simulated world with faults, one run per seed.

          --seeds N          how many runs (default 1000)
          --from S           first seed (default 1)
          --seed S           this seed: the same as --from S --seeds 1
          --profile NAME     kind of trouble, instead of the seed's own choice
          --mutation NAME    without one rule of the protocol: a run that breaks an invariant is what is wanted
          --mutations        every rule left out in turn; each must be found within --seeds (3000)
          --trace            prints what happens in each run
        """;

    /// <param name="args">The options.</param>
    /// <param name="errors">Where wrong options are told of.</param>
    /// <returns>0, 1 when a run broke an invariant (or a mutation was not found), 2 for wrong options.</returns>
    public static int Run(string[] args, TextWriter errors)
    {
        int from = 1;
        int? count = null;
        bool trace = false, mutations = false;
        Profile? profile = null;
        Mutation mutation = Mutation.None;
        for (int i = 0; i < args.Length; i++)
        {
            string option = args[i];
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            switch (option)
            {
                case "--help":
                    Console.WriteLine(Usage);
                    return 0;
                case "--trace":
                    trace = true;
                    continue;
                case "--mutations":
                    mutations = true;
                    continue;
                case "--seeds" when Number(value, 1) is { } n:
                    count = n;
                    break;
                case "--from" when Number(value, 0) is { } n:
                    from = n;
                    break;
                case "--seed" when Number(value, 0) is { } n:
                    (from, count) = (n, 1);
                    break;
                case "--profile" when Profile.All.FirstOrDefault(p => p.Name.Replace(' ', '-') == value) is { } p:
                    profile = p;
                    break;
                case "--mutation" when Enum.TryParse(value, ignoreCase: true, out Mutation m) && Enum.IsDefined(m) && !int.TryParse(value, out _):
                    mutation = m;
                    break;
                case "--seeds" or "--from" or "--seed":
                    return Wrong(errors, $"{option} needs a whole number{(option == "--seeds" ? " of at least 1" : "")}{(value is null ? "" : $", not '{value}'")}");
                case "--profile":
                    return Wrong(errors, $"{option} needs one of: {string.Join(", ", Profile.All.Select(p => p.Name.Replace(' ', '-')))}");
                case "--mutation":
                    return Wrong(errors, $"{option} needs one of: {string.Join(", ", Enum.GetNames<Mutation>())}");
                default:
                    return Wrong(errors, $"there is no option '{option}'");
            }

            i++;
        }

        if (trace && (mutations || count is not <= 20))
            return Wrong(errors, "--trace is for a few runs: give --seed S, or --seeds N with at most 20");
        return mutations ? Hunt(count ?? Quarry.Bound) : Many(from, count ?? 1000, profile, mutation, trace);
    }

    private static int Many(int from, int seeds, Profile? profile, Mutation mutation, bool trace)
    {
        var watch = Stopwatch.StartNew();
        if (trace)
        {
            int bad = 0;
            for (int seed = from; seed < from + seeds; seed++)
                bad += Traced(seed, profile, mutation) ? 1 : 0;
            return bad == 0 ? 0 : 1;
        }

        var campaign = new Campaign(profile, mutation);
        var told = Stopwatch.StartNew();
        var shown = new HashSet<int>();
        campaign.Run(from, seeds, done =>
        {
            foreach ((int seed, string violation) in campaign.Failures.Where(f => shown.Add(f.Key)))
                Console.WriteLine($"seed {seed}: {violation}");
            if (told.Elapsed < TimeSpan.FromSeconds(10))
                return;
            told.Restart();
            Console.WriteLine($"{done} of {seeds} seeds, {done / watch.Elapsed.TotalSeconds:0} per second, {campaign.Failures.Count} failed");
        });
        Console.WriteLine(campaign.Summary(watch.Elapsed));
        if (campaign.Failures.IsEmpty)
            return 0;
        int first = campaign.Failures.Keys.Min();
        Console.WriteLine($"\nThe first seed that failed:");
        Traced(first, profile, mutation, lines: 60);
        return 1;
    }

    private static bool Traced(int seed, Profile? profile, Mutation mutation, int lines = int.MaxValue)
    {
        var world = new World(seed, profile, mutation, trace: true);
        string? violation = world.Run();
        Console.WriteLine($"seed {seed}, profile {world.Profile.Name}, {world.Setup}");
        foreach (Fault f in world.Plan)
            Console.WriteLine($"  {f}");
        if (world.Trace.Count > lines)
            Console.WriteLine($"  ... the last {lines} of {world.Trace.Count} lines:");
        foreach (string line in world.Trace.TakeLast(lines))
            Console.WriteLine(line);
        Console.WriteLine(violation is null ? $"seed {seed}: nothing was broken, at rest {world.Recovery?.TotalSeconds:0.0} s after the faults"
            : $"seed {seed}: {violation}\nagain: {Campaign.Replay(seed, profile, mutation)}");
        return violation is not null;
    }

    private static int Hunt(int bound)
    {
        int missed = 0;
        foreach (Quarry q in Quarry.All)
        {
            var watch = Stopwatch.StartNew();
            (int? seed, string? violation) = q.Find(bound);
            missed += seed is null ? 1 : 0;
            Console.WriteLine(seed is null ? $"{q.Mutation,-20} NOT FOUND in {bound} seeds ({watch.Elapsed.TotalSeconds:0.0} s)"
                : $"{q.Mutation,-20} seed {seed,5} ({watch.Elapsed.TotalSeconds:0.0} s)  {violation}");
        }

        return missed == 0 ? 0 : 1;
    }

    private static int Wrong(TextWriter errors, string what)
    {
        errors.WriteLine($"ERROR: {what}\n\n{Usage}");
        return 2;
    }

    private static int? Number(string? text, int least) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n >= least && n < int.MaxValue / 2 ? n : null;
}
