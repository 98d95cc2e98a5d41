using System.Collections.Immutable;
using System.Net;
using Mmm.Actors.Configuration;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Status;

namespace Mmm.Monitor.Endpoints;

/// <summary>What MySQL-MMM's monitor answers to one line of its protocol, byte for byte: no newline but those of the text itself.</summary>
internal sealed class ControlAnswers(RunningSettings running, IClusterReads reads, ICommands commands)
{
    private MmmSettings Settings => running.Now;

    /// <summary>MMM's clients name no cluster, as every monitor of theirs had one. Ours may: <c>@C1 show</c>.</summary>
    private string? Default => Settings.Monitor.MmmControl?.Cluster ?? (Settings.Clusters.Count == 1 ? Settings.Clusters.Keys.First() : null);

    /// <param name="line">Without its newline.</param>
    /// <param name="id">Unique: under which a command is carried out once.</param>
    /// <param name="from">Who sent it.</param>
    /// <param name="cancel">The client takes too long, or the monitor ends.</param>
    public async Task<string> Of(string line, string id, IPAddress? from, CancellationToken cancel)
    {
        ImmutableArray<string> words = [.. line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)];
        string? cluster = Default;
        if (words is [['@', .. var named], ..])
            (cluster, words) = (named, words[1..]);
        ImmutableArray<string> arguments = words.Length > 1 ? words[1..] : [];
        if (words.IsEmpty || line.Any(c => char.IsControl(c) && c != '\t') || MmmVerbs.Find(words[0]) is not { } verb || !verb.Takes(arguments))
            return MmmAnswers.InvalidCommand(line);
        switch (verb.Name)
        {
            case MmmVerbs.Help:
                return MmmAnswers.Help();
            case MmmVerbs.Ping:
                return await commands.Ping(new ControlProtocol.Ping(MmmVerbs.Ping), cancel) is null ? Silent(sent: false) : MmmAnswers.Pinged;
        }

        if (cluster is null)
            return MmmAnswers.NameACluster(Settings.Clusters.Keys);
        if (!Settings.Clusters.ContainsKey(cluster))
            return MmmAnswers.UnknownCluster(cluster, Settings.Clusters.Keys);
        return verb.Kind == VerbKind.Read ? await Read(verb, arguments, cluster, cancel) : await Change(new ControlProtocol.Command($"{Settings.This}-{id}", cluster, verb.Name, arguments, CommandRules.By("mmm_control", from)), cancel);
    }

    private async Task<string> Read(MmmVerb verb, ImmutableArray<string> arguments, string cluster, CancellationToken cancel)
    {
        HeardSnapshot? heard;
        try
        {
            heard = (await reads.All(cancel)).FirstOrDefault(h => h.Snapshot.Cluster == cluster);
        }
        catch (TimeoutException)
        {
            return $"ERROR: {MmmAnswers.NotAnswering(Settings.This)}";
        }

        if (heard is null)
            return $"ERROR: {MmmAnswers.NothingHeard(Settings.This, cluster)}";
        return verb.Name switch
        {
            // A comment line of the same answer: there is no other place for it.
            MmmVerbs.Show => (heard.IsStale ? $"# Warning: {MmmAnswers.StalePicture(cluster, heard.AgeMs, Settings.This)}\n" : "") + MmmShow.Format(heard.Snapshot),
            MmmVerbs.Checks => MmmChecks.Format(heard.Snapshot, arguments.ElementAtOrDefault(0) ?? MmmChecks.All, arguments.ElementAtOrDefault(1) ?? MmmChecks.All, TimeZoneInfo.Local),
            _ => heard.Snapshot.Mode,
        };
    }

    private async Task<string> Change(ControlProtocol.Command command, CancellationToken cancel)
    {
        (ControlProtocol.Answer? answer, bool sent) = await commands.Send(command, cancel);
        return answer?.Text ?? Silent(sent);
    }

    private string Silent(bool sent) => $"ERROR: {MmmAnswers.NoCoordinator(Settings.This, sent)}{(sent ? "; 'show' says what has come of it" : "")}.";
}
