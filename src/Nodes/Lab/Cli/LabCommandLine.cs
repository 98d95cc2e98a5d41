using System.CommandLine;
using Mmm.Lab.Client;
using Mmm.Lab.Processes;

namespace Mmm.Lab.Cli;

/// <summary>The verbs of <c>mmm-lab</c>. Exit codes: 0 done, 1 failed (the sentence says why), 2 wrong input, 130 interrupted.</summary>
internal static class LabCommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        // The lab's own background processes; not for people, so not in the help.
        if (args is ["keeper-process", "--dir", { } keeperDir])
            return Keeper.Run(keeperDir);
        if (args is ["client-process", "--dir", { } clientDir])
            return await WritingClient.RunAsync(clientDir);
        if (args is ["forward-process", "--dir", { } forwardDir])
            return await Forwarder.RunAsync(forwardDir);

        RootCommand root = new("A disposable MySQL-MMM cluster on this machine: real MariaDB servers, monitors and agents in network namespaces of their own.")
        {
            CommonOptions.Name,
        };
        foreach (Command command in LifecycleVerbs.All().Concat(FaultVerbs.All()).Concat(LookVerbs.All()).Concat(ClientVerbs.All()).Append(FailoverVerb.Create()).Append(TakeoverVerb.Create()).Append(LoadVerb.Create()))
            root.Add(command);
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && args.Length > 0)
        {
            foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
                Say.Error(error.Message);
            Say.Error("See 'mmm-lab --help'.");
            return 2;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });
    }
}
