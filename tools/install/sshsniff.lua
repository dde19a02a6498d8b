-- Turns the comments that sshsniff writes on packets (sshsniff -w out.pcapng, or its interfaces in Wireshark) into fields:
--
--     sshsniff.cause == "firewall-rst" && sshsniff.confidence > 0.9
--
-- Goes into Wireshark's folder of personal Lua plugins: Help, About Wireshark, Folders.
-- A comment is "sshsniff: name=value name=value ; words": only what stands before " ; " is read, for in the words behind
-- it may be what a peer has written.

local sshsniff = Proto("sshsniff", "sshsniff's verdict")

local fields = {
    cause = ProtoField.string("sshsniff.cause", "Cause"),
    where = ProtoField.string("sshsniff.where", "Where"),
    confidence = ProtoField.float("sshsniff.confidence", "Confidence"),
    rival = ProtoField.string("sshsniff.or", "Or else"),
    evidence = ProtoField.string("sshsniff.evidence", "Evidence"),
    favours = ProtoField.string("sshsniff.for", "Evidence for"),
    text = ProtoField.string("sshsniff.text", "In words"),
}
sshsniff.fields = fields

local names = {["or"] = "rival", ["for"] = "favours"}
local comments = Field.new("frame.comment")

local function add(tree, name, value)
    local field = fields[names[name] or name]
    if field == nil then
        return
    elseif field == fields.favours then
        for cause in value:gmatch("[^,]+") do
            tree:add(field, cause):set_generated()
        end
    elseif field ~= fields.confidence then
        tree:add(field, value):set_generated()
    elseif tonumber(value) ~= nil then
        tree:add(field, tonumber(value)):set_generated()
    end
end

local function show(tree, comment)
    local head, words = comment:match("^sshsniff: (.-) ; (.*)$")
    if head == nil then
        return
    end
    local below = tree:add(sshsniff, head)
    below:set_generated()
    for name, value in head:gmatch("(%l+)=(%S+)") do
        add(below, name, value)
    end
    add(below, "text", words)
end

function sshsniff.dissector(_, _, tree)
    for _, comment in ipairs({comments()}) do
        show(tree, tostring(comment.value))
    end
end

register_postdissector(sshsniff)
