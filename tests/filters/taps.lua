-- Asks tshark many display filters in one run: a tap for each line of the file FILTERS, whose frames are printed at the end.
-- (A filter of its own for each run of tshark would take hours.)

local taps = {}
for line in io.lines(os.getenv("FILTERS")) do
    local frames = {}
    local made, tap = pcall(Listener.new, nil, line)
    if made then
        function tap.packet(pinfo)
            frames[#frames + 1] = pinfo.number
        end
    end
    taps[#taps + 1] = {made = made, why = tap, frames = frames, tap = tap}
end

local last = Listener.new()
function last.draw()
    for number, entry in ipairs(taps) do
        if entry.made then
            print("FILTER " .. number .. " " .. table.concat(entry.frames, " "))
        else
            print("REFUSED " .. number .. " " .. tostring(entry.why):gsub("\n", " "))
        end
    end
end
