using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Mmm.Shared.Settings;

namespace Mmm.Shared.Security;

/// <summary>What a certificate is for.</summary>
public enum PeerKind
{
    /// <summary>A monitor node.</summary>
    Monitor,

    /// <summary>The agent of a database host.</summary>
    Agent,

    /// <summary>A person or program that asks the monitors: the command line, a script, Prometheus.</summary>
    Client,
}

/// <summary>
/// Whom a certificate names: a URI among its subject alternative names, <c>urn:mmm:monitor:mon1</c>, <c>urn:mmm:agent:C1:db1</c> or
/// <c>urn:mmm:client:operator:alice</c>. Not the common name: what a certificate is good for must stand where no other use of the same authority puts it by accident.
/// </summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Name">The monitor's, the client's, or <c>CLUSTER:HOST</c> of an agent.</param>
/// <param name="Role">Clients only: what it may do.</param>
public sealed record PeerName(PeerKind Kind, string Name, ApiRole? Role = null)
{
    private const string Prefix = "urn:mmm:";

    /// <summary>What a certificate of ours has in it.</summary>
    public const string Forms = "urn:mmm:monitor:NAME, urn:mmm:agent:CLUSTER:HOST or urn:mmm:client:viewer|operator|admin:NAME";

    public static PeerName Monitor(string name) => new(PeerKind.Monitor, name);

    public static PeerName Agent(string cluster, string host) => new(PeerKind.Agent, $"{cluster}:{host}");

    public static PeerName Client(string name, ApiRole role) => new(PeerKind.Client, name, role);

    /// <summary>As it stands in the certificate.</summary>
    public string Uri => Prefix + Kind.ToString().ToLowerInvariant() + (Role is { } role ? $":{role.ToString().ToLowerInvariant()}" : "") + ":" + Name;

    /// <summary>Null: it is no name of ours.</summary>
    public static PeerName? Parse(string uri)
    {
        if (!uri.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        return uri[Prefix.Length..].Split(':') switch
        {
            ["monitor", var name] when NameText.IsName(name) => Monitor(name),
            ["agent", var cluster, var host] when NameText.IsName(cluster) && NameText.IsName(host) => Agent(cluster, host),
            ["client", var role, var name] when NameText.IsName(name) && RoleOf(role) is { } found => Client(name, found),
            _ => null,
        };
    }

    /// <summary>The one name of ours in a certificate; null = none, or more than one.</summary>
    public static PeerName? Of(X509Certificate2 certificate)
    {
        PeerName[] names = [.. Uris(certificate).Where(u => u.StartsWith(Prefix, StringComparison.Ordinal)).Select(Parse).OfType<PeerName>()];
        return names.Length == 1 ? names[0] : null;
    }

    /// <summary>For people: <c>monitor mon1</c>.</summary>
    public override string ToString() => Kind == PeerKind.Agent ? $"agent {Name.Replace(':', '/')}" : $"{Kind.ToString().ToLowerInvariant()} {Name}";

    /// <summary>Null: there is no such role.</summary>
    public static ApiRole? RoleOf(string word) => word switch
    {
        "viewer" => ApiRole.Viewer,
        "operator" => ApiRole.Operator,
        "admin" => ApiRole.Admin,
        _ => null,
    };

    /// <summary>.NET reads host names and addresses out of the extension, but no URIs (RFC 5280, 4.2.1.6: context tag 6).</summary>
    private static List<string> Uris(X509Certificate2 certificate)
    {
        var uris = new List<string>();
        foreach (X509Extension extension in certificate.Extensions.Where(e => e.Oid?.Value == "2.5.29.17"))
        {
            try
            {
                AsnReader names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    Asn1Tag tag = names.PeekTag();
                    if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 6)))
                        uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    else
                        names.ReadEncodedValue();
                }
            }
            catch (AsnContentException)
            {
                // Not what the standard says: names nobody.
            }
        }

        return uris;
    }
}
