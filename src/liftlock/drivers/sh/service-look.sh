# changes nothing
look
say found "$state"
say process "$who"
